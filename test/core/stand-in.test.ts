import { describe, expect, test } from '@jest/globals';
import { parseSlot, type Slot } from '../../core/member';
import { DEFAULT_POLICY } from '../../core/policy';
import { STAND_IN_RULES, standIn, type OtherAgent, type StandInView } from '../../core/stand-in';
import { electing, promoting, steady } from './support/records';

const policy = DEFAULT_POLICY;
const [a, b, c] = [parseSlot('a'), parseSlot('b'), parseSlot('c')];
const { coordinatorSilentMs, standInStepMs, unseenMs, electionStuckMs } = policy;

/** Slot a is primary, b asks itself; all is well, and the health checker beats. */
function view(changes: Partial<StandInView> = {}): StandInView {
  return {
    policy,
    slot: b,
    role: 'standby',
    leaving: false,
    isCoordinating: false,
    isBusy: false,
    record: steady(),
    recordAgeMs: 100,
    phaseAgeMs: 60_000,
    beatStillMs: 900,
    fedAgeMs: 300,
    heardAgeMs: new Map<Slot, number>([
      [a, 200],
      [c, 200],
    ]),
    others: [other('a', 'primary'), other('c', 'standby')],
    ...changes,
  };
}

function other(slot: string, role: OtherAgent['role'], coordinating = false): OtherAgent {
  return { slot, role, coordinating };
}

const ruleOf = (changes: Partial<StandInView>) => standIn(view(changes)).rule;

describe('while the health checker beats', () => {
  test('nobody stands in', () => {
    expect(standIn(view())).toEqual({ rule: 'S6-health-checker-beats', coordinates: false });
    expect(ruleOf({ beatStillMs: coordinatorSilentMs - 1 })).toBe('S6-health-checker-beats');
  });

  test('one that stood in steps aside', () => {
    expect(standIn(view({ isCoordinating: true })).coordinates).toBe(false);
  });

  test('but not before the failover that it has seen is told', () => {
    expect(ruleOf({ isCoordinating: true, isBusy: true })).toBe('S5-under-way');
  });

  test('a beat that nobody could watch closely is not silent', () => {
    expect(ruleOf({ beatStillMs: null })).toBe('S6-health-checker-beats');
  });
});

describe('when the health checker is silent', () => {
  test("the first standby's agent coordinates", () => {
    expect(standIn(view({ beatStillMs: coordinatorSilentMs }))).toEqual({ rule: 'S9-silent', coordinates: true });
  });

  test('the others wait their turn', () => {
    const later = { slot: c, others: [other('a', 'primary'), other('b', 'standby')] };
    expect(ruleOf({ ...later, beatStillMs: coordinatorSilentMs })).toBe('S8-not-its-turn');
    expect(ruleOf({ ...later, beatStillMs: coordinatorSilentMs + standInStepMs })).toBe('S9-silent');
  });

  test('nobody waits for one that does not answer', () => {
    expect(ruleOf({ slot: c, others: [other('a', 'primary')], beatStillMs: coordinatorSilentMs })).toBe('S9-silent');
  });

  test('the primary comes last, and coordinates when nobody else is there', () => {
    const primary = { slot: a, role: 'primary' as const, fedAgeMs: null };
    const standbys = [other('b', 'standby'), other('c', 'standby')];
    expect(ruleOf({ ...primary, others: standbys, beatStillMs: coordinatorSilentMs + standInStepMs })).toBe(
      'S8-not-its-turn',
    );
    expect(ruleOf({ ...primary, others: [], beatStillMs: coordinatorSilentMs })).toBe('S9-silent');
  });

  test('one that coordinates leaves it to another whose place is before its own', () => {
    const silent = { isCoordinating: true, beatStillMs: 60_000 };
    expect(ruleOf({ ...silent, slot: c, others: [other('b', 'standby', true)] })).toBe('S7-another-one');
    expect(ruleOf({ ...silent, slot: a, role: 'primary', others: [other('c', 'standby', true)] })).toBe(
      'S7-another-one',
    );
    expect(ruleOf({ ...silent, others: [other('a', 'primary', true), other('c', 'standby', true)] })).toBe('S9-silent');
  });

  test('of any agents that answer each other, one coordinates in the end', () => {
    const roles = { a: 'primary', b: 'standby', c: 'standby' } as const;
    const slots = [a, b, c];
    const coordinating = new Set<Slot>(slots);
    for (let round = 0; round < 3; round += 1) {
      for (const slot of slots) {
        const others = slots
          .filter((each) => each !== slot)
          .map((each) => other(each, roles[each as 'a'], coordinating.has(each)));
        const { coordinates } = standIn(
          view({ slot, role: roles[slot as 'a'], others, beatStillMs: 60_000, isCoordinating: coordinating.has(slot) }),
        );
        if (coordinates) coordinating.add(slot);
        else coordinating.delete(slot);
      }
    }
    expect([...coordinating]).toEqual([b]);
  });

  test('one that cannot read the register itself, or is about to go, leaves it to others', () => {
    const silent = { isCoordinating: true, isBusy: true, beatStillMs: 60_000 };
    expect(ruleOf({ ...silent, recordAgeMs: coordinatorSilentMs + 1 })).toBe('S1-register-unread');
    expect(ruleOf({ ...silent, recordAgeMs: null })).toBe('S1-register-unread');
    expect(ruleOf({ ...silent, leaving: true })).toBe('S2-leaving');
  });

  test('the first record of a new cluster does not wait for it either', () => {
    expect(
      ruleOf({ role: 'none', record: undefined, fedAgeMs: null, others: [], beatStillMs: coordinatorSilentMs }),
    ).toBe('S9-silent');
  });
});

describe('though the health checker beats', () => {
  const silentPrimary = new Map<Slot, number>([
    [a, unseenMs],
    [c, 200],
  ]);

  test('a standby that nobody feeds, and that does not hear the primary, looks for itself', () => {
    expect(ruleOf({ fedAgeMs: unseenMs, heardAgeMs: silentPrimary })).toBe('S3-unseen');
    expect(ruleOf({ fedAgeMs: unseenMs, heardAgeMs: new Map() })).toBe('S3-unseen');
  });

  test('also beside another agent that does', () => {
    const others = [other('b', 'standby', true)];
    expect(ruleOf({ slot: c, others, fedAgeMs: unseenMs, heardAgeMs: silentPrimary })).toBe('S3-unseen');
  });

  test('not one that is fed, or hears the primary, or has no evidence', () => {
    expect(ruleOf({ fedAgeMs: unseenMs - 1, heardAgeMs: silentPrimary })).toBe('S6-health-checker-beats');
    expect(ruleOf({ fedAgeMs: unseenMs })).toBe('S6-health-checker-beats');
    expect(ruleOf({ fedAgeMs: null, heardAgeMs: silentPrimary })).toBe('S6-health-checker-beats');
  });

  test.each([
    ['election', electing()],
    ['promotion', promoting()],
  ])('an %s that does not end is looked at by all', (_what, record) => {
    expect(ruleOf({ record, phaseAgeMs: electionStuckMs - 1 })).toBe('S6-health-checker-beats');
    expect(ruleOf({ record, phaseAgeMs: electionStuckMs })).toBe('S4-stuck');
  });
});

test('the health checker has had time to convict before an agent looks for itself', () => {
  expect(unseenMs).toBeGreaterThan(policy.hostSilentMs + policy.notFedMs / 2);
  expect(electionStuckMs).toBeGreaterThan(policy.followersMs);
});

test('each rule does what its row says', () => {
  const rules = Object.entries(STAND_IN_RULES).map(([id, { does }]) => `${id}: ${does}`);
  expect(rules).toContain('S9-silent: coordinates');
  expect(new Set(rules).size).toBe(9);
});
