import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { guarantee, sameGuarantee, sameMembers, type Guarantee } from '../../core/guarantee';
import { canSettle, nextGuarantee, type GuaranteeLimits, type StandbyView } from '../../core/guarantee-change';
import type { Member } from '../../core/member';
import { A, B, C, D, E } from './support/records';

const STANDBYS = [B, C, D, E];
const LIMITS: GuaranteeLimits = {
  acks: 1,
  whenNoStandby: 'degrade',
  standbyLostMs: 3_000,
  lastStandbyLostMs: 10_000,
  caughtUpBytes: 1_000,
};

function well(member: Member, overrides: Partial<StandbyView> = {}): StandbyView {
  return { member, streaming: true, lagBytes: 0, proved: true, lostMs: 0, leaving: false, ...overrides };
}
const lost = (member: Member, lostMs: number): StandbyView =>
  well(member, { streaming: false, lagBytes: Infinity, proved: false, lostMs });

const view = (member: Member): fc.Arbitrary<StandbyView> =>
  fc.record({
    member: fc.constant(member),
    streaming: fc.boolean(),
    lagBytes: fc.constantFrom(0, 1_000, 1_001, Infinity),
    proved: fc.boolean(),
    lostMs: fc.constantFrom(0, 2_999, 3_000, 9_999, 10_000),
    leaving: fc.boolean(),
  });
const views: fc.Arbitrary<readonly StandbyView[]> = fc
  .subarray(STANDBYS)
  .chain((members) => fc.tuple(...members.map(view)));
const current = fc
  .subarray(STANDBYS)
  .chain((members) => fc.integer({ min: 0, max: members.length }).map((acks) => guarantee(A, members, acks)));
const limits = fc.record({
  acks: fc.constantFrom(0, 1, 2, 3),
  whenNoStandby: fc.constantFrom('degrade' as const, 'block' as const),
});

const MOST_STEPS = 3;

/** All steps until it rests. */
function steps(from: Guarantee, standbys: readonly StandbyView[], limit: GuaranteeLimits): readonly Guarantee[] {
  const found: Guarantee[] = [];
  let last = from;
  for (;;) {
    const next = nextGuarantee(last, standbys, limit);
    if (next === undefined) return found;
    found.push(next);
    if (found.length > MOST_STEPS) throw new Error(`No end after ${JSON.stringify(found)}`);
    last = next;
  }
}

describe('a step', () => {
  const step = fc.record({ current, views, limits }).map((picked) => ({
    from: picked.current,
    views: picked.views,
    to: nextGuarantee(picked.current, picked.views, { ...LIMITS, ...picked.limits }),
  }));
  const whenMade = (check: (from: Guarantee, to: Guarantee, seen: readonly StandbyView[]) => boolean): void =>
    fc.assert(
      fc.property(step, ({ from, to, views: seen }) => to === undefined || check(from, to, seen)),
      { numRuns: 2_000 },
    );

  test('never changes the members and the number together, except to or from none', () => {
    whenMade((from, to) => {
      if (from.acks === 0 || to.acks === 0) return true;
      return from.acks === to.acks || sameMembers(from.standbys, to.standbys);
    });
  });

  test('with more than one acknowledgement never adds and removes together', () => {
    whenMade((from, to) => {
      if (from.acks < 2 || to.acks < 2) return true;
      const isAdding = to.standbys.some((member) => !from.standbys.includes(member));
      const isRemoving = from.standbys.some((member) => !to.standbys.includes(member));
      return !(isAdding && isRemoving);
    });
  });

  test('leads somewhere else, and keeps the primary', () => {
    whenMade((from, to) => !sameGuarantee(from, to) && to.primary === from.primary);
  });

  test('lets nobody in who does not stream, has not proved its timeline, lags, is unwell or is about to go', () => {
    whenMade((from, to, seen) =>
      to.standbys
        .filter((member) => !from.standbys.includes(member))
        .every((member) => {
          const joining = seen.find((each) => each.member === member);
          return (
            joining !== undefined &&
            joining.streaming &&
            joining.proved &&
            !joining.leaving &&
            joining.lostMs === 0 &&
            joining.lagBytes <= LIMITS.caughtUpBytes
          );
        }),
    );
  });
});

describe('step by step', () => {
  test('it comes to rest, wherever it began', () => {
    fc.assert(
      fc.property(current, views, limits, (from, seen, picked) => {
        steps(from, seen, { ...LIMITS, ...picked });
      }),
      { numRuns: 5_000 },
    );
  });

  test('it rests at all who are well, with the number asked for or as many as there are', () => {
    fc.assert(
      fc.property(current, fc.subarray(STANDBYS), fc.integer({ min: 1, max: 3 }), (from, present, acks) => {
        const seen = present.map((member) => well(member));
        const limit = { ...LIMITS, acks };
        const rest = steps(from, seen, limit).at(-1) ?? from;
        expect(rest).toEqual(guarantee(A, present, Math.min(acks, present.length)));
      }),
    );
  });

  test('it comes to rest though everything changes at each step', () => {
    fc.assert(
      fc.property(current, fc.array(views, { maxLength: 6 }), views, limits, (from, changes, finally_, picked) => {
        const limit = { ...LIMITS, ...picked };
        const interrupted = changes.reduce((last, seen) => nextGuarantee(last, seen, limit) ?? last, from);
        steps(interrupted, finally_, limit);
      }),
    );
  });

  test('raising the number while somebody leaves does not stop at the same guarantee for ever', () => {
    const from = guarantee(A, [B, C, D], 1);
    expect(steps(from, [well(C), well(D), lost(B, 3_000)], { ...LIMITS, acks: 2 })).toEqual([
      guarantee(A, [C, D], 1),
      guarantee(A, [C, D], 2),
    ]);
  });

  test('lowering the number comes before those leave who would be needed for it', () => {
    expect(steps(guarantee(A, [B, C], 2), [well(B)], { ...LIMITS, acks: 2 })).toEqual([
      guarantee(A, [B, C], 1),
      guarantee(A, [B], 1),
    ]);
  });

  test('with five slots and two acknowledgements an exchange lets the new one in before the old one goes', () => {
    expect(steps(guarantee(A, [B, C, D], 2), [well(B), well(C), well(E)], { ...LIMITS, acks: 2 })).toEqual([
      guarantee(A, [B, C, D, E], 2),
      guarantee(A, [B, C, E], 2),
    ]);
  });

  test('with one acknowledgement an exchange is one step: each standby belongs to one of the two', () => {
    expect(steps(guarantee(A, [B], 1), [well(C)], LIMITS)).toEqual([guarantee(A, [C], 1)]);
  });
});

describe('a standby', () => {
  const from = guarantee(A, [B, C], 1);

  test('stays for a moment when it is lost, and leaves after that', () => {
    expect(nextGuarantee(from, [well(B), lost(C, 2_999)], LIMITS)).toBeUndefined();
    expect(nextGuarantee(from, [well(B), lost(C, 3_000)], LIMITS)).toEqual(guarantee(A, [B], 1));
  });

  test('leaves at once when its instance is about to go, or nothing is known of it', () => {
    expect(nextGuarantee(from, [well(B), well(C, { leaving: true })], LIMITS)).toEqual(guarantee(A, [B], 1));
    expect(nextGuarantee(from, [well(B)], LIMITS)).toEqual(guarantee(A, [B], 1));
  });

  test('stays longer when it is the last: without it only the primary itself could be elected', () => {
    expect(nextGuarantee(guarantee(A, [B], 1), [lost(B, 9_999)], LIMITS)).toBeUndefined();
    expect(nextGuarantee(guarantee(A, [B], 1), [lost(B, 10_000)], LIMITS)).toEqual(guarantee(A, [], 0));
  });
});

describe('without any standby', () => {
  test('the policy degrade goes on alone', () => {
    expect(nextGuarantee(guarantee(A, [B, C], 2), [], LIMITS)).toEqual(guarantee(A, [], 0));
  });

  test('the policy block changes nothing, so nothing is acknowledged', () => {
    fc.assert(
      fc.property(current, fc.subarray(STANDBYS), (each, gone) => {
        const seen = gone.map((member) => lost(member, 60_000));
        expect(nextGuarantee(each, seen, { ...LIMITS, whenNoStandby: 'block' })).toBeUndefined();
      }),
    );
  });

  test('the first that comes back is asked at once, with one acknowledgement or as many as are wanted and there', () => {
    expect(nextGuarantee(guarantee(A, [], 0), [well(B)], { ...LIMITS, acks: 2 })).toEqual(guarantee(A, [B], 1));
    expect(nextGuarantee(guarantee(A, [], 0), [well(B), well(C)], { ...LIMITS, acks: 2 })).toEqual(
      guarantee(A, [B, C], 2),
    );
  });
});

describe('a guarantee can settle', () => {
  test('while as many standbys are there as have to confirm', () => {
    expect(canSettle(guarantee(A, [B, C], 1), [well(B), lost(C, 10_000)], LIMITS)).toBe(true);
    expect(canSettle(guarantee(A, [B, C], 2), [well(B), lost(C, 2_999)], LIMITS)).toBe(true);
    expect(canSettle(guarantee(A, [], 0), [], LIMITS)).toBe(true);
  });

  test('no more when one is lost that is needed: its disk may be gone, and with it the member', () => {
    expect(canSettle(guarantee(A, [B, C], 2), [well(B), lost(C, 3_000)], LIMITS)).toBe(false);
    expect(canSettle(guarantee(A, [B], 1), [well(C)], LIMITS)).toBe(false);
  });
});
