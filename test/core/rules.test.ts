import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RULES } from '../../core/coordinate';
import { ELECTION_CONDITIONS, ELECTION_PREFERENCES } from '../../core/election-rules';
import { guarantee } from '../../core/guarantee';
import { explainGuarantee, type StandbyView } from '../../core/guarantee-change';
import { GUARANTEE_STEPS } from '../../core/guarantee-steps';
import { WAYS } from '../../core/lineage';
import { decideNode, explainNode, NODE_RULES, NODE_TABLES } from '../../core/node';
import { A, B, C, D, E } from './support/records';
import { anyView } from './support/views';

/** What is found until everything looked for is, or many thousands were looked at. */
function search<Found>(arbitrary: fc.Arbitrary<Found>, most: number): ReadonlySet<Found> {
  const found = new Set<Found>();
  const [numRuns, rounds] = [5_000, 200];
  for (let round = 0; round < rounds && found.size < most; round += 1) {
    for (const each of fc.sample(arbitrary, numRuns)) found.add(each);
  }
  return found;
}

describe('the rules of a node', () => {
  test('are reached, every one of them', () => {
    const reached = search(
      anyView.map((view) => explainNode(view).rule),
      NODE_RULES.length,
    );
    expect(NODE_RULES.map(({ id }) => id).filter((id) => !reached.has(id))).toEqual([]);
  });

  test('decide whatever a node sees, as their row says', () => {
    fc.assert(
      fc.property(anyView, (view) => {
        const { rule, action } = explainNode(view);
        const row = NODE_RULES.find(({ id }) => id === rule);
        expect(action).toEqual(decideNode(view));
        // One that discards waits until the record proves that harmless.
        return action.kind === row?.action || (row?.discards === true && action.kind === 'hold');
      }),
      { numRuns: 5_000 },
    );
  });

  test('are tables that end with a rule that always holds, but for the one asked before the others', () => {
    const [first, ...others] = NODE_TABLES;
    expect(first?.rules.every(({ holds }) => holds !== undefined)).toBe(true);
    for (const { title, rules } of others) {
      const always = rules.map(({ holds }) => holds === undefined);
      expect([title, always.indexOf(true), rules.length - 1]).toEqual([title, rules.length - 1, rules.length - 1]);
    }
  });

  test('that take a whole directory away all ask the record first', () => {
    const harmless = ['N60-empty', 'N61-half-made'];
    const discarding = NODE_RULES.filter(({ action }) => action === 'clone' || action === 'rewind');
    expect(discarding.filter(({ discards }) => discards !== true).map(({ id }) => id)).toEqual(harmless);
  });
});

describe('the steps of a guarantee', () => {
  const standbys = [B, C, D, E];
  const well = (member: (typeof standbys)[number]): StandbyView => {
    return { member, streaming: true, lagBytes: 0, proved: true, lostMs: 0, leaving: false };
  };
  const step = fc
    .record({
      current: fc
        .subarray(standbys)
        .chain((members) => fc.nat(members.length).map((acks) => guarantee(A, members, acks))),
      present: fc.subarray(standbys),
      acks: fc.nat(3),
      whenNoStandby: fc.constantFrom('degrade' as const, 'block' as const),
    })
    .map(({ current, present, acks, whenNoStandby }) => {
      const limits = { acks, whenNoStandby, standbyLostMs: 1, lastStandbyLostMs: 1, caughtUpBytes: 1 };
      return explainGuarantee(current, present.map(well), limits).step;
    });

  test('are taken, every one of them', () => {
    const taken = search(step, GUARANTEE_STEPS.length);
    expect(GUARANTEE_STEPS.map(({ id }) => id).filter((id) => !taken.has(id))).toEqual([]);
  });
});

describe('an id', () => {
  const ids = [
    ...NODE_RULES.map(({ id }) => id),
    ...Object.keys(RULES),
    ...Object.keys(ELECTION_CONDITIONS),
    ...ELECTION_PREFERENCES.map(({ id }) => id),
    ...GUARANTEE_STEPS.map(({ id }) => id),
    ...WAYS.map(({ id }) => id),
  ];

  test('is one rule’s alone, and so is its number', () => {
    expect(new Set(ids).size).toBe(ids.length);
    const numbers = ids.map((id) => id.slice(0, id.indexOf('-')));
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  test('is a letter, a number and a name', () => {
    for (const id of ids) expect(id).toMatch(/^[CEGNW]\d+(-[a-z0-9]+)+$/);
  });
});
