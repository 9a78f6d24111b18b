import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CoordinatorSnapshot, SlotEvidence } from '../../core/evidence';
import { CONVICTING, FINDINGS, type FindingCode } from '../../core/finding';
import { guarantee } from '../../core/guarantee';
import { judge } from '../../core/judge';
import { DEFAULT_POLICY } from '../../core/policy';
import { A, B, bootstrapping, C, D, E, electing, LATER_A, promoting, steady } from './support/records';
import { emptyRegister, primary, seen, silentFor, snapshot, standby, status, unfedFor } from './support/evidence';

const codes = (judged: CoordinatorSnapshot): FindingCode[] => judge(judged).map(({ code }) => code);
const { hostSilentMs, hostAliveMs, notFedMs, writesHangMs, statusFreshMs, blindMs, promotingMs } = DEFAULT_POLICY;
const { diskFailsMs, diskGivenUpMs, acceptsNobodyMs, recoveringMs, betweenFailoversMs } = DEFAULT_POLICY;

const deadPrimary = primary({}, silentFor(hostSilentMs + 1));
const hungry = (member: typeof B): SlotEvidence => standby(member, unfedFor(notFedMs));

describe('a healthy cluster', () => {
  test('gives no finding', () => {
    expect(judge(snapshot())).toEqual([]);
  });

  test('gives none either while it is electing: that runs by itself', () => {
    expect(judge(snapshot([deadPrimary, hungry(B), hungry(C)], electing()))).toEqual([]);
  });

  test('gives none while it is bootstrapping', () => {
    expect(judge(snapshot([], bootstrapping()))).toEqual([]);
  });
});

describe('a silent host', () => {
  test('is convicted when standbys say that they are no longer fed', () => {
    expect(judge(snapshot([deadPrimary, hungry(B), hungry(C)]))).toEqual([
      { code: 'primary-host-silent', slot: 'a', detail: 'silent for 1801 ms' },
    ]);
  });

  test('is not convicted before its time', () => {
    const nearly = primary({}, silentFor(hostSilentMs));
    expect(codes(snapshot([nearly, hungry(B), hungry(C)]))).toEqual([]);
  });

  test('is not convicted while its agent or its PostgreSQL answers', () => {
    const slots = [hungry(B), hungry(C)];
    expect(codes(snapshot([primary({}, { statusAgeMs: 60_000 }), ...slots]))).toEqual([]);
    expect(codes(snapshot([primary({}, { postgresAgeMs: 60_000 }), ...slots]))).toEqual([]);
  });

  test('is only unseen while standbys are fed by it', () => {
    expect(codes(snapshot([deadPrimary, standby(B), standby(C)]))).toEqual(['primary-unseen']);
  });

  test('is not convicted by one side of a partition: this coordinator and one standby, while the other is fed', () => {
    expect(codes(snapshot([deadPrimary, hungry(B), standby(C)]))).toEqual(['primary-unseen']);
  });

  test('is not convicted by one side of a partition: this coordinator and one standby, while the other is silent', () => {
    const cutOff = standby(C, {}, silentFor(statusFreshMs + 1));
    expect(codes(snapshot([deadPrimary, hungry(B), cutOff]))).toEqual(['election-not-completable', 'standby-silent']);
  });

  test('is convicted by one standby when that one is enough for every guarantee', () => {
    const record = steady({ guarantees: [guarantee(A, [B], 1)] });
    expect(codes(snapshot([deadPrimary, hungry(B), standby(C)], record))).toEqual(['primary-host-silent']);
  });

  test('is not convicted when another guarantee of the list could not be met', () => {
    const record = steady({ guarantees: [guarantee(A, [D], 1), guarantee(A, [B], 1)] });
    expect(codes(snapshot([deadPrimary, hungry(B), hungry(C)], record))).toEqual(['election-not-completable']);
  });

  test('without any standby in the guarantee is waited for', () => {
    const record = steady({ guarantees: [guarantee(A, [], 0)] });
    expect(codes(snapshot([deadPrimary, hungry(B), hungry(C)], record))).toEqual(['election-not-completable']);
  });

  test('of five is convicted when as many are unfed as the election needs', () => {
    const record = steady({ guarantees: [guarantee(A, [B, C, D, E], 2)] });
    const all = [deadPrimary, hungry(B), hungry(C), hungry(D), standby(E)];
    expect(codes(snapshot(all, record))).toEqual(['primary-host-silent']);
    const fewer = [deadPrimary, hungry(B), hungry(C), standby(D), standby(E)];
    expect(codes(snapshot(fewer, record))).toEqual(['primary-unseen']);
  });

  test('whose slot answers as another member, its disk replaced, is silent all the same', () => {
    const replaced = seen(status(LATER_A, { postgres: { state: 'absent' } }), { postgresAgeMs: null });
    expect(codes(snapshot([replaced, hungry(B), hungry(C)]))).toContain('primary-host-silent');
    const nobodyYet = seen({ ...status(A, { postgres: { state: 'absent' } }), member: null }, { postgresAgeMs: null });
    expect(codes(snapshot([nobodyYet, hungry(B), hungry(C)]))).toContain('primary-host-silent');
  });

  test('whose agent is just starting is not: PostgreSQL answers', () => {
    const starting = seen({ ...status(A, { postgres: { state: 'absent' } }), member: null });
    expect(codes(snapshot([starting, hungry(B), hungry(C)]))).toEqual([]);
  });
});

describe('missing evidence', () => {
  test('of a coordinator that has just started convicts nobody', () => {
    const young = primary({}, { statusAgeMs: null, postgresAgeMs: null, watchedMs: hostSilentMs - 1 });
    expect(codes(snapshot([young, hungry(B), hungry(C)]))).toEqual(['primary-unknown']);
    expect(codes(snapshot([hungry(B), hungry(C)]))).toEqual(['primary-unknown']);
  });

  test('is measured by how long somebody was watched: then never having answered is silence', () => {
    const never = primary(
      {},
      { status: undefined, statusAgeMs: null, postgresAgeMs: null, watchedMs: hostSilentMs + 1 },
    );
    expect(codes(snapshot([never, hungry(B), hungry(C)]))).toEqual(['primary-host-silent']);
  });

  test('of a standby that has no word on being fed makes it no witness', () => {
    const mute = standby(B, { postgres: { fedAgeMs: null } });
    expect(codes(snapshot([deadPrimary, mute, hungry(C)]))).toEqual(['election-not-completable']);
  });

  test('of a standby whose status is old makes it no witness', () => {
    const old = standby(B, unfedFor(60_000), { statusAgeMs: statusFreshMs + 1 });
    expect(codes(snapshot([deadPrimary, old, hungry(C)]))).toEqual(['election-not-completable', 'standby-silent']);
  });

  test.each([
    ['is leaving', status(B, { leaving: true, ...unfedFor(5_000) })],
    ['is down', status(B, { postgres: { state: 'down', inRecovery: null, fedAgeMs: 5_000 } })],
    ['is starting', status(B, { postgres: { state: 'starting', inRecovery: null, fedAgeMs: 5_000 } })],
    ['is no standby', status(B, { postgres: { inRecovery: false, fedAgeMs: 5_000 } })],
    ['has no member', { ...status(B, unfedFor(5_000)), member: null }],
  ])('a standby that %s could not pledge, so it is no witness', (_what, page) => {
    expect(codes(snapshot([deadPrimary, seen(page), hungry(C)]))).toContain('election-not-completable');
  });
});

describe('the primary itself', () => {
  test('convicts itself when PostgreSQL does not run, at once, though standbys were fed a moment ago', () => {
    const down = primary({ postgres: { state: 'down', inRecovery: null } });
    expect(codes(snapshot([down, standby(B), standby(C)]))).toEqual(['primary-postgres-down']);
  });

  test('is not convicted when PostgreSQL does not run and nobody could take over', () => {
    const down = primary({ postgres: { state: 'down', inRecovery: null } });
    const alone = steady({ guarantees: [guarantee(A, [], 0)] });
    expect(codes(snapshot([down, standby(B), standby(C)], alone))).toEqual(['election-not-completable']);
  });

  test('asks for an election when its instance is about to go', () => {
    expect(codes(snapshot([primary({ leaving: true }), standby(B), standby(C)]))).toEqual(['primary-leaving']);
  });

  test('asks in vain when the others are about to go as well', () => {
    const slots = [primary({ leaving: true }), standby(B, { leaving: true }), standby(C, { leaving: true })];
    expect(codes(snapshot(slots))).toEqual(['election-not-completable']);
  });

  test('is not convicted by the word of another member in its slot', () => {
    const other = seen(status(LATER_A, { postgres: { state: 'down', inRecovery: null } }));
    expect(codes(snapshot([other, standby(B), standby(C)]))).toEqual(['primary-unseen']);
  });

  test('is convicted when its slot answers as another member, whose PostgreSQL runs, and standbys are unfed', () => {
    const other = seen(status(LATER_A));
    expect(codes(snapshot([other, hungry(B), hungry(C)]))).toEqual(['primary-host-silent']);
  });

  test('that gets no answer from PostgreSQL is convicted when this coordinator gets none either and standbys are unfed', () => {
    const frozen = (age: number): SlotEvidence => primary({ postgres: { state: 'frozen' } }, { postgresAgeMs: age });
    const long = frozen(hostAliveMs + 1);
    expect(codes(snapshot([long, hungry(B), hungry(C)]))).toEqual(['primary-frozen']);
    expect(codes(snapshot([frozen(hostAliveMs), hungry(B), hungry(C)]))).toEqual([]);
    expect(codes(snapshot([long, standby(B), standby(C)]))).toEqual(['election-not-completable']);
  });

  test('whose disk hangs is convicted by its own agent, this coordinator and the standbys together', () => {
    const hung = (own: number | null, mine: number | null): SlotEvidence =>
      primary({ postgres: { localWriteAgeMs: own } }, { localWriteAgeMs: mine });
    const long = writesHangMs + 1;
    expect(codes(snapshot([hung(long, long), hungry(B), hungry(C)]))).toEqual(['primary-writes-hang']);
    expect(codes(snapshot([hung(long, 100), hungry(B), hungry(C)]))).toEqual([]);
    expect(codes(snapshot([hung(100, long), hungry(B), hungry(C)]))).toEqual([]);
    expect(codes(snapshot([hung(null, long), hungry(B), hungry(C)]))).toEqual([]);
    expect(codes(snapshot([hung(long, null), hungry(B), hungry(C)]))).toEqual([]);
    expect(codes(snapshot([hung(long, long), standby(B), standby(C)]))).toEqual(['election-not-completable']);
  });

  test('whose volume answers nothing, by its own word, is convicted with unfed standbys, and after longer with any', () => {
    const hung = (answerAgeMs: number): SlotEvidence => primary({ disk: { answerAgeMs, volume: null } });
    expect(codes(snapshot([hung(diskFailsMs + 1), hungry(B), hungry(C)]))).toEqual(['primary-disk-fails']);
    expect(codes(snapshot([hung(diskFailsMs), hungry(B), hungry(C)]))).toEqual([]);
    expect(codes(snapshot([hung(diskFailsMs + 1), standby(B), standby(C)]))).toEqual(['election-not-completable']);
    expect(codes(snapshot([hung(diskGivenUpMs + 1), standby(B), standby(C)]))).toEqual(['primary-disk-fails']);
    expect(codes(snapshot([primary({ disk: null }), hungry(B), hungry(C)]))).toEqual([]);
  });

  test('that lets nobody in is convicted by its agent and this coordinator, though standbys are fed', () => {
    const closed = (own: number, mine: number | null): SlotEvidence =>
      primary({ postgres: { state: 'frozen', stateForMs: own } }, { freshConnectionAgeMs: mine });
    const long = acceptsNobodyMs + 1;
    expect(codes(snapshot([closed(long, long), standby(B), standby(C)]))).toEqual(['primary-accepts-nobody']);
    expect(codes(snapshot([closed(long, null), standby(B), standby(C)]))).toEqual(['primary-accepts-nobody']);
    expect(codes(snapshot([closed(long, acceptsNobodyMs), standby(B), standby(C)]))).toEqual([]);
    expect(codes(snapshot([closed(acceptsNobodyMs, long), standby(B), standby(C)]))).toEqual([]);
  });

  test('whose places are all taken is not convicted: an error is an answer', () => {
    const crowded = primary({ postgres: { state: 'refusing', stateForMs: 3_600_000 } });
    expect(codes(snapshot([crowded, standby(B), standby(C)]))).toEqual([]);
  });

  test('that has been recovering for long is convicted when a standby can take over', () => {
    const starting = (stateForMs: number): SlotEvidence =>
      primary({ postgres: { state: 'starting', inRecovery: null, stateForMs } });
    expect(codes(snapshot([starting(recoveringMs + 1), standby(B), standby(C)]))).toEqual(['primary-recovering']);
    expect(codes(snapshot([starting(recoveringMs), standby(B), standby(C)]))).toEqual([]);
    const alone = steady({ guarantees: [guarantee(A, [], 0)] });
    expect(codes(snapshot([starting(recoveringMs + 1), standby(B), standby(C)], alone))).toEqual([
      'election-not-completable',
    ]);
  });

  test('that writes while nobody confirms is not convicted: its standbys are slow', () => {
    const blocked = primary({}, { syncWriteAgeMs: hostAliveMs + 1 });
    expect(codes(snapshot([blocked, standby(B), standby(C)]))).toEqual(['commits-blocked']);
    expect(codes(snapshot([primary({}, { syncWriteAgeMs: null }), standby(B), standby(C)]))).toEqual([]);
  });
});

const ELECTION = {
  ...{ reason: 'primary-host-silent', deposed: B, suspectedAtMs: 1, convictedAtMs: 2, chosenAtMs: 3, promotedAtMs: 4 },
};

describe('soon after an election', () => {
  const at = (agoMs: number, slots: SlotEvidence[]): CoordinatorSnapshot =>
    snapshot(slots, steady({ election: { ...ELECTION, convictedAtMs: 1_000_000 - agoMs } }));
  const frozen = primary({ postgres: { state: 'frozen' } }, { postgresAgeMs: hostAliveMs + 1 });

  test('a primary that is sick but lives is waited with', () => {
    expect(judge(at(betweenFailoversMs - 1, [frozen, hungry(B), hungry(C)]))).toEqual([
      {
        code: 'failover-too-soon',
        slot: 'a',
        detail: 'primary-frozen: no answer from PostgreSQL for 3001 ms; the last election was 60 s ago',
      },
    ]);
    expect(codes(at(betweenFailoversMs, [frozen, hungry(B), hungry(C)]))).toEqual(['primary-frozen']);
  });

  test.each([
    ['silent', deadPrimary, 'primary-host-silent'],
    ['down', primary({ postgres: { state: 'down', inRecovery: null } }), 'primary-postgres-down'],
    ['leaving', primary({ leaving: true }), 'primary-leaving'],
    ['recovering', primary({ postgres: { state: 'starting', inRecovery: null } }), 'primary-recovering'],
  ])('one that is %s is not', (_what, gone, code) => {
    expect(codes(at(1_000, [gone, hungry(B), hungry(C)]))).toEqual([code]);
  });

  test('that was planned, nothing is waited with', () => {
    const planned = steady({ election: { ...ELECTION, reason: 'switchover-requested', convictedAtMs: 999_000 } });
    expect(codes(snapshot([frozen, hungry(B), hungry(C)], planned))).toEqual(['primary-frozen']);
  });

  test('by a clock that is wrong, the time is not taken for short', () => {
    expect(codes(at(-1_000, [frozen, hungry(B), hungry(C)]))).toEqual(['primary-frozen']);
  });
});

describe('a promotion', () => {
  const young = { phaseAgeMs: promotingMs - 1 };
  const standbys = [standby(A), standby(C)];

  test('is let finish', () => {
    expect(codes(snapshot([standby(B), ...standbys], promoting(), young))).toEqual([]);
  });

  test('that takes too long is begun anew', () => {
    expect(codes(snapshot([standby(B), ...standbys], promoting(), { phaseAgeMs: promotingMs }))).toEqual([
      'promotion-stuck',
    ]);
  });

  test('of somebody who has become silent is begun anew sooner', () => {
    const silent = standby(B, {}, silentFor(hostSilentMs + 1));
    expect(codes(snapshot([silent, ...standbys], promoting(), young))).toEqual(['promotion-stuck']);
  });

  test('is waited for when without the chosen one no election could be finished', () => {
    const silent = standby(B, {}, silentFor(hostSilentMs + 1));
    expect(codes(snapshot([silent, standby(C)], promoting(), young))).toEqual(['election-not-completable']);
  });

  test('counts the chosen one in as long as it answers', () => {
    expect(codes(snapshot([standby(B), standby(C)], promoting()))).toEqual(['promotion-stuck']);
  });
});

describe('free space', () => {
  const with_ = (space: 'ample' | 'tight' | 'full') => ({
    disk: { answerAgeMs: 400, volume: { totalBytes: 100 * 2 ** 30, freeBytes: 3.5 * 2 ** 30, space } },
  });

  test('that is short or nearly out is told of each volume, and convicts nobody', () => {
    const slots = [primary(with_('full')), standby(B, with_('full')), standby(C, with_('tight'))];
    expect(judge(snapshot(slots))).toEqual([
      { code: 'primary-disk-nearly-full', slot: 'a', detail: '3.5 GiB of 100.0 GiB are free' },
      { code: 'standby-disk-nearly-full', slot: 'b', detail: '3.5 GiB of 100.0 GiB are free' },
      { code: 'disk-space-short', slot: 'c', detail: '3.5 GiB of 100.0 GiB are free' },
    ]);
    expect(codes(snapshot([primary(with_('ample')), standby(B, with_('ample')), standby(C)]))).toEqual([]);
  });
});

describe('a coordinator', () => {
  test('that was late itself is blind', () => {
    const late = snapshot(undefined, undefined, { loopLateMs: blindMs + 1 });
    expect(judge(late)).toEqual([{ code: 'blind', slot: undefined, detail: 'this beat came 751 ms late' }]);
    expect(codes(snapshot(undefined, undefined, { loopLateMs: blindMs }))).toEqual([]);
  });

  test('tells that failover is paused', () => {
    expect(codes(snapshot(undefined, steady({ paused: true })))).toEqual(['paused']);
  });

  test('tells standbys that do not answer or do not stream', () => {
    const slots = [
      primary(),
      standby(B, {}, { statusAgeMs: statusFreshMs + 1 }),
      standby(C, { postgres: { streaming: false } }),
    ];
    expect(judge(snapshot(slots))).toEqual([
      { code: 'standby-silent', slot: 'b', detail: 'its agent does not answer' },
      { code: 'standby-not-streaming', slot: 'c', detail: 'following' },
    ]);
  });

  test('tells an empty register from one that lost its record', () => {
    const fresh = [A, B, C].map((member) => {
      const evidence = seen({ ...status(member), member: null });
      return {
        ...evidence,
        report: { slot: evidence.slot, address: '10.0.0.9', instanceId: 'i', member: null, hasHistory: false },
      };
    });
    expect(codes(emptyRegister(fresh))).toEqual(['register-empty']);
    expect(codes(emptyRegister([standby(B)]))).toEqual(['history-without-record']);
  });
});

describe('whatever the evidence', () => {
  const age = fc.constantFrom(null, 0, 1_300, 1_801, 2_001, 3_001, 5_001, 60_000);
  const fedAge = fc.constantFrom(null, 0, 1_299, 1_300, 60_000);
  const state = fc.constantFrom(
    'absent' as const,
    'down' as const,
    'starting' as const,
    'frozen' as const,
    'refusing' as const,
    'up' as const,
  );
  const slotOf = (member: typeof A, isPrimary: boolean): fc.Arbitrary<SlotEvidence> =>
    fc
      .record({
        state,
        fedAge,
        statusAge: age,
        postgresAge: age,
        own: age,
        mine: age,
        sync: age,
        watched: fc.constantFrom(0, 1_799, 1_801, 60_000),
        leaving: fc.boolean(),
        stateFor: fc.constantFrom(0, 5_001, 60_000),
        disk: fc.constantFrom(0, 3_001, 10_001),
        fresh: age,
        isStranger: fc.constantFrom(false, false, true),
      })
      .map((each) =>
        seen(
          status(each.isStranger ? LATER_A : member, {
            slot: member.slice(0, 1),
            role: isPrimary ? 'primary' : 'standby',
            leaving: each.leaving,
            disk: { answerAgeMs: each.disk, volume: null },
            postgres: {
              state: each.state,
              stateForMs: each.stateFor,
              fedAgeMs: isPrimary ? null : each.fedAge,
              localWriteAgeMs: isPrimary ? each.own : null,
            },
          }),
          {
            statusAgeMs: each.statusAge,
            postgresAgeMs: each.postgresAge,
            freshConnectionAgeMs: each.fresh,
            localWriteAgeMs: each.mine,
            syncWriteAgeMs: each.sync,
            watchedMs: each.watched,
          },
        ),
      );
  const slots = fc.tuple(slotOf(A, true), slotOf(B, false), slotOf(C, false));
  const byItsOwnWord: readonly FindingCode[] = [
    'primary-leaving',
    'primary-postgres-down',
    'primary-disk-fails',
    'primary-accepts-nobody',
    'primary-recovering',
  ];
  const convicts = (found: readonly FindingCode[]): boolean => found.some((code) => CONVICTING.includes(code));

  test('a conviction has enough living standbys to finish the election', () => {
    fc.assert(
      fc.property(slots, ([a, b, c]) => {
        const isAble = [b, c].every(
          ({ status: page, statusAgeMs }) =>
            statusAgeMs !== null && statusAgeMs <= statusFreshMs && page?.postgres.state === 'up' && !page.leaving,
        );
        return !convicts(codes(snapshot([a, b, c]))) || isAble;
      }),
      { numRuns: 3_000 },
    );
  });

  test('nobody is convicted whose standbys are fed, but by its own word', () => {
    fc.assert(
      fc.property(slots, (three) => {
        const fed = three.map((each, nth) =>
          nth === 0 || each.status === undefined
            ? each
            : { ...each, status: { ...each.status, postgres: { ...each.status.postgres, fedAgeMs: 100 } } },
        );
        const found = codes(snapshot(fed)).filter((code) => CONVICTING.includes(code));
        return found.every((code) => byItsOwnWord.includes(code));
      }),
      { numRuns: 3_000 },
    );
  });

  test('nobody is convicted by a coordinator that has not watched it long enough', () => {
    fc.assert(
      fc.property(slots, ([a, b, c]) => !convicts(codes(snapshot([{ ...a, watchedMs: hostSilentMs - 1 }, b, c])))),
    );
  });

  test('every convicting code is a finding, and each is told once', () => {
    expect(CONVICTING.every((code) => code in FINDINGS)).toBe(true);
    expect(new Set(CONVICTING).size).toBe(CONVICTING.length);
  });
});
