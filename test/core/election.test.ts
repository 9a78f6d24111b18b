import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { choose, followersOf } from '../../core/election';
import { guarantee, type Guarantee } from '../../core/guarantee';
import { placeOnChain, UNKNOWN_FIRST_RECORD } from '../../core/lineage';
import type { Pledge } from '../../core/pledge';
import type { ElectingRecord } from '../../core/record';
import { A, at, B, C, chain, D, E, electing, pledge, through } from './support/records';
import { electable, PARTS } from './support/rules';

const chosen = (record: ElectingRecord, pledges: readonly Pledge[]): string | undefined => {
  const choice = choose(record, pledges);
  return choice.kind === 'chosen' ? choice.pledge.member : undefined;
};

describe('of three, with one acknowledgement', () => {
  const record = electing();

  test('both standbys elect the one that is further', () => {
    expect(chosen(record, [pledge(B, 10), pledge(C, 11)])).toBe(C);
    expect(chosen(record, [pledge(B, 11), pledge(C, 10)])).toBe(B);
  });

  test('one standby is not enough: the commit may be on the other', () => {
    expect(choose(record, [pledge(B, 10)])).toEqual({ kind: 'waiting', unmet: [guarantee(A, [B, C], 1)] });
  });

  test('the old primary alone is enough', () => {
    expect(chosen(record, [pledge(A, 12)])).toBe(A);
  });

  test('the old primary is elected last, though it is the furthest', () => {
    expect(chosen(record, [pledge(A, 12), pledge(B, 10), pledge(C, 11)])).toBe(C);
  });

  test('a standby that is as far as the old primary is elected without the other', () => {
    expect(chosen(record, [pledge(A, 12), pledge(B, 12)])).toBe(B);
  });

  test('a standby behind the old primary is not elected without the other', () => {
    expect(chosen(record, [pledge(A, 12), pledge(B, 11)])).toBe(A);
  });

  test('of two that are equally far, the first by name', () => {
    expect(chosen(record, [pledge(C, 10), pledge(B, 10)])).toBe(B);
  });
});

describe('one that could not serve', () => {
  test('is never chosen, but counts as present', () => {
    const pledges = [pledge(B, 10, { electable: false, reason: 'leaving' }), pledge(C, 10)];
    expect(chosen(electing(), pledges)).toBe(C);
  });

  test('is not overtaken by one that is behind it', () => {
    const choice = choose(electing(), [pledge(B, 11, { electable: false }), pledge(C, 10)]);
    expect(choice).toEqual({ kind: 'waiting', unmet: [] });
  });
});

describe('a pledge', () => {
  test('of another term counts as not given', () => {
    expect(chosen(electing(), [pledge(B, 10), pledge(C, 10, { term: 1 })])).toBeUndefined();
    expect(chosen(electing(), [pledge(B, 10), pledge(C, 10, { term: 3 })])).toBeUndefined();
  });

  test('of data that shares nothing with the chain counts as not given', () => {
    const foreign = [{ timeline: 1, forkLsn: at(0), firstRecord: 'of another system' }];
    expect(chosen(electing(), [pledge(B, 10), pledge(C, 99, { ancestry: foreign })])).toBeUndefined();
  });

  test('with a timeline whose first record is unknown counts as not given: it would count for less than it holds', () => {
    const record = electing({ lineage: chain([2, 100]), guarantees: [guarantee(A, [B, C], 1)], term: 3 });
    const behind = pledge(B, 150, { term: 3, ancestry: through([2, 100]) });
    const unknown = pledge(C, 200, { term: 3, ancestry: through([2, 100, UNKNOWN_FIRST_RECORD]) });
    expect(choose(record, [behind, unknown]).kind).toBe('waiting');
    const known = { ...unknown, ancestry: through([2, 100]) };
    expect(choose(record, [behind, known])).toEqual({ kind: 'chosen', pledge: known, isLossy: false });
  });

  test('of data that leaves the chain counts up to there', () => {
    const record = electing({ term: 4, lineage: chain([2, 10]) });
    const onTip = pledge(B, 12, { term: 4, ancestry: through([2, 10]) });
    const left = pledge(C, 500, { term: 4, ancestry: through([3, 8]) });
    expect(chosen(record, [onTip, left])).toBe(B);
    const alone = electing({ term: 4, lineage: chain([2, 10]), guarantees: [guarantee(C, [], 0)] });
    expect(chosen(alone, [left])).toBe(C);
    expect(chosen(alone, [onTip])).toBeUndefined();
  });

  test('on a later timeline is further than any position on an earlier one', () => {
    const record = electing({ term: 3, lineage: chain([2, 10]), guarantees: [guarantee(A, [B, C], 1)] });
    const onTip = pledge(B, 11, { term: 3, ancestry: through([2, 10]) });
    const longTail = pledge(C, 500, { term: 3 });
    expect(chosen(record, [onTip, longTail])).toBe(B);
  });
});

describe('with two guarantees in the record', () => {
  const record = electing({ guarantees: [guarantee(A, [B, C], 1), guarantee(A, [C, D], 1)] });

  test('those who meet only one elect nobody', () => {
    expect(choose(record, [pledge(B, 10), pledge(C, 10)])).toEqual({
      kind: 'waiting',
      unmet: [guarantee(A, [C, D], 1)],
    });
  });

  test('those who meet both elect', () => {
    expect(chosen(record, [pledge(B, 10), pledge(C, 11), pledge(D, 9)])).toBe(C);
  });

  test('without acknowledgements only the primary itself is electable', () => {
    const alone = electing({ guarantees: [guarantee(A, [B], 1), guarantee(A, [], 0)] });
    expect(chosen(alone, [pledge(B, 99), pledge(C, 99)])).toBeUndefined();
    expect(chosen(alone, [pledge(A, 10)])).toBe(A);
    // As far as the primary: then it holds everything too.
    expect(chosen(alone, [pledge(A, 10), pledge(B, 10)])).toBe(B);
  });
});

const MEMBERS = [A, B, C, D, E];
const anyGuarantee = fc.tuple(fc.constantFrom(...MEMBERS), fc.subarray(MEMBERS)).chain(([primary, some]) => {
  const standbys = some.filter((member) => member !== primary);
  return fc.nat(standbys.length).map((acks): Guarantee => guarantee(primary, standbys, acks));
});
const paths = [
  through(),
  through([2, 4]),
  through([2, 4], [4, 6]),
  through([3, 3]),
  through([2, 4], [5, 5]),
  through([2, 4, 'of somebody else']),
];
const anyRecord = fc
  .array(anyGuarantee, { minLength: 1, maxLength: 3 })
  .map((guarantees) => electing({ term: 6, lineage: chain([2, 4], [4, 6]), guarantees }));
const anyPledges = fc
  .tuple(
    ...MEMBERS.map((member) =>
      fc.option(
        fc
          .record({
            term: fc.constantFrom(6, 6, 6, 6, 5),
            ancestry: fc.constantFrom(...paths),
            electable: fc.constantFrom(true, true, false),
            beyond: fc.nat(3),
          })
          .map(({ beyond, ...given }) => pledge(member, Number(given.ancestry.at(-1)?.forkLsn ?? 0n) + beyond, given)),
        { nil: undefined },
      ),
    ),
  )
  .map((given) => given.filter((each) => each !== undefined));

describe('whatever was pledged', () => {
  test('one is chosen exactly when somebody may be, by the election told anew', () => {
    fc.assert(
      fc.property(anyRecord, anyPledges, (record, pledges) => {
        const safe = electable(PARTS, record, pledges);
        const choice = choose(record, pledges);
        expect(choice.kind).toBe(safe.length > 0 ? 'chosen' : 'waiting');
        if (choice.kind === 'chosen') expect(safe).toContain(choice.pledge);
      }),
      { numRuns: 2_000 },
    );
  });

  test('the deposed primary is chosen only when nobody else may be', () => {
    fc.assert(
      fc.property(anyRecord, anyPledges, (record, pledges) => {
        const choice = choose(record, pledges);
        const others = electable(PARTS, record, pledges).filter((each) => each.member !== record.election.deposed);
        return choice.kind === 'waiting' || choice.pledge.member !== record.election.deposed || others.length === 0;
      }),
    );
  });

  test('nobody who is not electable, and nobody of another term, is chosen', () => {
    fc.assert(
      fc.property(anyRecord, anyPledges, (record, pledges) => {
        const choice = choose(record, pledges);
        return choice.kind === 'waiting' || (choice.pledge.electable && choice.pledge.term === record.term);
      }),
    );
  });

  test('whoever may be chosen may still be when more have pledged', () => {
    fc.assert(
      fc.property(anyRecord, anyPledges, fc.nat(31), (record, pledges, mask) => {
        const fewer = pledges.filter((_, nth) => (mask >> nth) % 2 === 1);
        const all = electable(PARTS, record, pledges);
        return electable(PARTS, record, fewer).every((each) => all.includes(each));
      }),
    );
  });

  test('the order of the pledges and of the guarantees does not matter', () => {
    fc.assert(
      fc.property(anyRecord, anyPledges, (record, pledges) => {
        const reversed = { ...record, guarantees: [...record.guarantees].reverse() };
        return chosen(record, pledges) === chosen(reversed, [...pledges].reverse());
      }),
    );
  });

  test('while nobody is chosen, the guarantees that are not met are told', () => {
    fc.assert(
      fc.property(anyRecord, anyPledges, (record, pledges) => {
        const choice = choose(record, pledges);
        if (choice.kind === 'chosen') return true;
        return choice.unmet.every((each) => record.guarantees.includes(each));
      }),
    );
  });

  test('followers have pledged in this term, and hold nothing that the chosen one lacks', () => {
    fc.assert(
      fc.property(anyRecord, anyPledges, (record, pledges) => {
        const choice = choose(record, pledges);
        if (choice.kind === 'waiting') return true;
        const { member, ancestry, endLsn } = choice.pledge;
        const asChain = ancestry.map((each) => ({ ...each, term: each.timeline, member }));
        return followersOf(record, choice.pledge, pledges).every((follower) => {
          const theirs = pledges.find((each) => each.member === follower);
          if (theirs?.term !== record.term || follower === member) return false;
          const place = placeOnChain(asChain, theirs.ancestry, theirs.endLsn);
          const leaves = ancestry[(place?.index ?? 0) + 1]?.forkLsn ?? endLsn;
          return place?.onChain === true && place.lsn <= leaves;
        });
      }),
    );
  });
});

describe('the followers of a promotion', () => {
  test('are sorted, without the chosen one', () => {
    const pledges = [pledge(D, 9), pledge(B, 10), pledge(C, 10)];
    expect(followersOf(electing(), pledge(B, 10), pledges)).toEqual([C, D]);
  });

  test('leave out who is further, on another timeline, or of another term', () => {
    const pledges = [pledge(A, 11), pledge(C, 9, { ancestry: through([3, 5]) }), pledge(D, 9, { term: 1 })];
    expect(followersOf(electing(), pledge(B, 10), pledges)).toEqual([]);
  });

  test('are none when the chosen one cannot be placed', () => {
    expect(followersOf(electing(), pledge(B, 10, { ancestry: [] }), [pledge(C, 9)])).toEqual([]);
  });
});
