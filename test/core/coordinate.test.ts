import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { coordinate, RULES, type CoordinatorAction } from '../../core/coordinate';
import type { CoordinatorSnapshot } from '../../core/evidence';
import { CONVICTING, FINDINGS, type Finding, type FindingCode } from '../../core/finding';
import { guarantee } from '../../core/guarantee';
import { judge } from '../../core/judge';
import { DEFAULT_POLICY } from '../../core/policy';
import {
  emptyRegister,
  primary,
  report,
  seen,
  silentFor,
  snapshot,
  standby,
  status,
  unfedFor,
} from './support/evidence';
import {
  A,
  addressOf,
  B,
  bootstrapping,
  C,
  chain,
  D,
  E,
  electing,
  pledge,
  promoting,
  steady,
  through,
} from './support/records';

const found = (...codes: readonly FindingCode[]): readonly Finding[] =>
  codes.map((code) => ({ code, slot: 'a', detail: FINDINGS[code] }));
const decide = (judged: CoordinatorSnapshot): CoordinatorAction => coordinate(judged, judge(judged));

const nobody = (slot: string): ReturnType<typeof seen> =>
  seen(
    { ...status(A, { postgres: { state: 'absent' } }), slot, member: null, role: 'none' },
    { report: report(A, { slot, member: null, hasHistory: false }) },
  );

describe('an empty register', () => {
  const all = ['a', 'b', 'c'].map(nobody);

  test('gets a record when every agent was heard and none has a history', () => {
    expect(decide(emptyRegister(all))).toEqual({
      kind: 'create',
      rule: 'C0-create',
      record: { epoch: 'epoch-2', version: 1, term: 1, phase: 'bootstrapping', paused: false, bootstrapSlot: 'a' },
    });
  });

  test('stays empty while one agent was not heard: it may be the one with a history', () => {
    const unheard = { ...nobody('c'), status: undefined };
    expect(decide(emptyRegister([nobody('a'), nobody('b'), unheard]))).toEqual({
      kind: 'nothing',
      rule: 'C5-agents-unheard',
      reason: 'waiting for the agents of c',
    });
    const unreported = { ...nobody('b'), report: undefined };
    expect(decide(emptyRegister([nobody('a'), unreported, nobody('c')]))).toEqual({
      kind: 'nothing',
      rule: 'C5-agents-unheard',
      reason: 'waiting for the agents of b',
    });
  });

  test('stays empty when a node has a history: the table was lost, not never filled', () => {
    expect(decide(emptyRegister([nobody('a'), nobody('b'), standby(C)]))).toEqual({
      kind: 'nothing',
      rule: 'C4-history-without-record',
      reason: 'a node has a history that the register lacks',
    });
  });

  test('stays empty in a cluster without slots', () => {
    expect(decide(emptyRegister([])).kind).toBe('nothing');
  });
});

describe('C1: an election', () => {
  const dead = [primary({}, silentFor(4_000)), standby(B, unfedFor(4_000)), standby(C, unfedFor(4_000))];

  test('raises the term, freezes the guarantees and names who is deposed', () => {
    const record = steady({ endpointVersion: 5 });
    const action = decide(snapshot(dead, record));
    expect(action).toEqual({
      kind: 'replace',
      rule: 'C1-elect',
      judged: record,
      next: {
        epoch: record.epoch,
        version: record.version + 1,
        term: record.term + 1,
        paused: false,
        systemId: record.systemId,
        guarantees: record.guarantees,
        lineage: record.lineage,
        endpointVersion: 5,
        phase: 'electing',
        election: {
          reason: 'primary-host-silent',
          deposed: A,
          suspectedAtMs: 1_000_000 - 4_000,
          convictedAtMs: 1_000_000,
        },
      },
    });
  });

  test.each(CONVICTING)('is begun for %s', (code) => {
    const action = coordinate(snapshot(), found(code));
    expect(action).toMatchObject({ kind: 'replace', rule: 'C1-elect', next: { election: { reason: code } } });
  });

  test('is begun for no other finding', () => {
    const others = (Object.keys(FINDINGS) as FindingCode[]).filter((code) => !CONVICTING.includes(code));
    expect(coordinate(snapshot(), found(...others.filter((code) => code !== 'blind')))).toMatchObject({
      kind: 'nothing',
      rule: 'C8-not-convicted',
    });
    for (const code of others) expect(coordinate(snapshot(), found(code)).kind).toBe('nothing');
  });

  test('states the first of several reasons', () => {
    const action = coordinate(snapshot(), found('primary-host-silent', 'primary-leaving'));
    expect(action).toMatchObject({ next: { election: { reason: 'primary-leaving' } } });
  });

  test('is begun anew when a promotion is stuck, and the chosen one is then the deposed', () => {
    const record = promoting();
    const action = coordinate(snapshot([], record), found('promotion-stuck'));
    expect(action).toMatchObject({
      next: { phase: 'electing', term: 3, guarantees: record.guarantees, election: { deposed: B } },
    });
    expect(action.kind === 'replace' && 'primary' in action.next).toBe(false);
  });

  test('is not begun while failover is paused, nor by a coordinator that is blind', () => {
    expect(coordinate(snapshot(dead, steady({ paused: true })), found('paused', 'primary-host-silent'))).toEqual({
      kind: 'nothing',
      rule: 'C7-paused',
      reason: 'automatic failover is paused',
    });
    expect(coordinate(snapshot(dead), found('blind', 'primary-host-silent'))).toEqual({
      kind: 'nothing',
      rule: 'C6-blind',
      reason: 'blind in this beat',
    });
  });
});

describe('C14: the member that a switchover asked for', () => {
  const record = electing({ election: { ...electing().election, favoured: C } });
  const both = [standby(B), standby(C)];
  const choosing = (pledges: CoordinatorSnapshot['pledges'], phaseAgeMs: number, slots = both): CoordinatorAction =>
    decide(snapshot(slots, record, { pledges, phaseAgeMs }));

  test('is chosen when it is as safe as another', () => {
    expect(choosing([pledge(B, 10), pledge(C, 10)], 0)).toMatchObject({ next: { primary: { member: C } } });
    expect(choosing([pledge(A, 12), pledge(B, 11), pledge(C, 10)], 0)).toMatchObject({
      next: { primary: { member: B } },
    });
  });

  test('is waited for while it answers, for a moment', () => {
    const others = [pledge(A, 10), pledge(B, 10)];
    expect(choosing(others, 0)).toMatchObject({ rule: 'C14-favoured-under-way', reason: `waiting for ${C} to pledge` });
    expect(choosing(others, DEFAULT_POLICY.followersMs)).toMatchObject({ next: { primary: { member: B } } });
    expect(choosing(others, 0, [standby(B)])).toMatchObject({ next: { primary: { member: B } } });
  });
});

describe('C2: a choice', () => {
  const choosing = (pledges: CoordinatorSnapshot['pledges'], record = electing()): CoordinatorAction =>
    decide(snapshot([], record, { pledges }));

  test("stands beside the frozen guarantees with the chosen one's own", () => {
    const record = electing();
    expect(choosing([pledge(B, 10), pledge(C, 9)], record)).toEqual({
      kind: 'replace',
      rule: 'C2-choose',
      judged: record,
      next: {
        ...record,
        version: record.version + 1,
        phase: 'promoting',
        guarantees: [guarantee(A, [B, C], 1), guarantee(B, [C], 1)],
        primary: { member: B, address: addressOf(B) },
        election: { ...record.election, chosenAtMs: 1_000_000 },
      },
    });
  });

  test('names only who pledged and can follow by streaming alone', () => {
    const action = choosing([pledge(A, 12), pledge(B, 10), pledge(C, 9)]);
    expect(action).toMatchObject({ next: { primary: { member: B }, guarantees: [{}, guarantee(B, [C], 1)] } });
  });

  test('without followers asks for no acknowledgement', () => {
    const record = electing({ guarantees: [guarantee(A, [B], 1)] });
    expect(choosing([pledge(B, 10)], record)).toMatchObject({ next: { guarantees: [{}, guarantee(B, [], 0)] } });
  });

  describe('with fewer followers than the guarantees asked for', () => {
    const early = [pledge(A, 12, { electable: true })];
    const at = (phaseAgeMs: number, slots = [standby(B), standby(C)]): CoordinatorAction =>
      decide(snapshot(slots, electing(), { pledges: early, phaseAgeMs }));

    test('waits a moment for those who answer and have not pledged', () => {
      expect(at(0)).toEqual({
        kind: 'nothing',
        rule: 'C13-followers-under-way',
        reason: `waiting for ${B}, ${C} to follow ${A}`,
      });
      expect(at(DEFAULT_POLICY.followersMs)).toMatchObject({ rule: 'C2-choose' });
    });

    test('does not wait for those who are silent, about to go, or hold nothing', () => {
      expect(at(0, [standby(B, {}, { statusAgeMs: 10_000 })])).toMatchObject({ rule: 'C2-choose' });
      expect(at(0, [standby(B, { leaving: true })])).toMatchObject({ rule: 'C2-choose' });
      expect(at(0, [standby(B, { member: null })])).toMatchObject({ rule: 'C2-choose' });
      expect(at(0, [standby(B, { postgres: { state: 'down', inRecovery: null } })])).toMatchObject({
        rule: 'C2-choose',
      });
    });
  });

  test('asks for no more acknowledgements than before', () => {
    const record = electing({ guarantees: [guarantee(A, [B, C, D, E], 2)] });
    const pledges = [B, C, D, E].map((member) => pledge(member, 10));
    expect(choosing(pledges, record)).toMatchObject({ next: { guarantees: [{}, guarantee(B, [C, D, E], 2)] } });
  });

  test('records the same guarantee once, however often somebody is elected again', () => {
    const record = electing({
      guarantees: [guarantee(B, [C], 1), guarantee(A, [B, C], 1)],
      term: 3,
      lineage: chain([2, 4]),
    });
    const given = { term: 3, ancestry: through([2, 4]) };
    expect(choosing([pledge(B, 10, given), pledge(C, 9, given)], record)).toMatchObject({
      next: { guarantees: [guarantee(A, [B, C], 1), guarantee(B, [C], 1)] },
    });
  });

  test('waits, and says for whom', () => {
    expect(choosing([pledge(B, 10)])).toEqual({
      kind: 'nothing',
      rule: 'C9-pledges-missing',
      reason: `waiting for pledges of ${A}/${B}/${C}`,
    });
    const sick = [pledge(B, 10, { electable: false }), pledge(C, 10, { electable: false })];
    expect(choosing(sick)).toEqual({
      kind: 'nothing',
      rule: 'C10-nobody-electable',
      reason: 'nobody complete is electable',
    });
  });

  test('is made while failover is paused: an election that was begun is finished', () => {
    const action = decide(snapshot([], electing({ paused: true }), { pledges: [pledge(B, 10), pledge(C, 9)] }));
    expect(action).toMatchObject({ rule: 'C2-choose', next: { paused: true } });
  });
});

describe('C3: a bootstrap', () => {
  const slots = [nobody('a'), nobody('b'), nobody('c')];

  test('is let finish', () => {
    expect(decide(snapshot(slots, bootstrapping(), { phaseAgeMs: DEFAULT_POLICY.bootstrapMs - 1 }))).toEqual({
      kind: 'nothing',
      rule: 'C11-bootstrap-under-way',
      reason: 'a is bootstrapping',
    });
  });

  test('that takes too long is given to another slot that answers', () => {
    const record = bootstrapping();
    expect(decide(snapshot(slots, record))).toEqual({
      kind: 'replace',
      rule: 'C3-bootstrap-elsewhere',
      judged: record,
      next: { ...record, version: 2, bootstrapSlot: 'b' },
    });
  });

  test('stays where it is while no other slot answers', () => {
    const silent = slots.map((each) => ({ ...each, statusAgeMs: 60_000 }));
    expect(decide(snapshot(silent, bootstrapping()))).toEqual({
      kind: 'nothing',
      rule: 'C12-no-other-slot',
      reason: 'no other slot answers',
    });
  });
});

describe('whatever is decided', () => {
  const record = fc.constantFrom(bootstrapping(), steady(), electing(), promoting(), steady({ paused: true }));
  const anyFindings = fc.subarray(Object.keys(FINDINGS) as FindingCode[]).map((codes) => found(...codes));
  const pledges = fc.subarray([pledge(A, 12), pledge(B, 10), pledge(C, 9), pledge(C, 99, { term: 1 })]);

  test('carries the version that was judged, and makes the next one', () => {
    fc.assert(
      fc.property(record, anyFindings, pledges, (judged, findings, given) => {
        const action = coordinate(snapshot([nobody('a'), nobody('b')], judged, { pledges: given }), findings);
        if (action.kind !== 'replace') return;
        expect(action.judged).toBe(judged);
        expect(action.next.version).toBe(judged.version + 1);
        expect(action.next.epoch).toBe(judged.epoch);
        expect(action.rule in RULES).toBe(true);
      }),
    );
  });

  test('never lowers the term, and raises it by an election alone', () => {
    fc.assert(
      fc.property(record, anyFindings, pledges, (judged, findings, given) => {
        const action = coordinate(snapshot([nobody('a'), nobody('b')], judged, { pledges: given }), findings);
        if (action.kind !== 'replace') return true;
        return action.next.term === judged.term + (action.rule === 'C1-elect' ? 1 : 0);
      }),
    );
  });

  test('takes no guarantee out of the record but one that is recorded again', () => {
    fc.assert(
      fc.property(record, anyFindings, pledges, (judged, findings, given) => {
        const action = coordinate(snapshot([nobody('a'), nobody('b')], judged, { pledges: given }), findings);
        if (action.kind !== 'replace' || judged.phase === 'bootstrapping' || action.next.phase === 'bootstrapping')
          return;
        for (const each of judged.guarantees) expect(action.next.guarantees).toContainEqual(each);
      }),
    );
  });

  test('an empty register is never filled while a finding speaks of a history', () => {
    expect(coordinate(emptyRegister([nobody('a')]), found('history-without-record')).kind).toBe('nothing');
  });
});
