import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { allMetBy, guarantee, isMetBy, names, sameGuarantee } from '../../core/guarantee';
import { A, B, C, D, E } from './support/records';

const anyGuarantee = fc
  .subarray([B, C, D, E])
  .chain((standbys) => fc.nat(standbys.length).map((acks) => guarantee(A, standbys, acks)));
const anyMembers = fc.subarray([A, B, C, D, E]).map((members) => new Set(members));

describe('a guarantee', () => {
  test('is the same whatever the order of its standbys, and however often one is told', () => {
    expect(guarantee(A, [C, B, C], 1)).toEqual({ primary: A, standbys: [B, C], acks: 1 });
    expect(sameGuarantee(guarantee(A, [C, B], 1), guarantee(A, [B, C], 1))).toBe(true);
  });

  test('without acknowledgements names no standby', () => {
    expect(guarantee(A, [B, C], 0)).toEqual({ primary: A, standbys: [], acks: 0 });
  });

  test('differs by its primary, by its number and by its members', () => {
    const one = guarantee(A, [B, C], 1);
    expect(sameGuarantee(one, guarantee(D, [B, C], 1))).toBe(false);
    expect(sameGuarantee(one, guarantee(A, [B, C], 2))).toBe(false);
    expect(sameGuarantee(one, guarantee(A, [B], 1))).toBe(false);
    expect(sameGuarantee(one, guarantee(A, [B, D], 1))).toBe(false);
  });

  test('names its primary and its standbys', () => {
    expect([A, B, C, D].map((member) => names(guarantee(A, [B, C], 1), member))).toEqual([true, true, true, false]);
  });

  test('never has its primary among its standbys', () => {
    expect(() => guarantee(A, [A, B], 1)).toThrow(`The primary ${A} cannot be its own standby.`);
  });

  test.each([-1, 3, 0.5, Number.NaN])('does not ask for %d of two', (acks) => {
    expect(() => guarantee(A, [B, C], acks)).toThrow(
      `acks is ${acks}; with 2 standbys it must be a whole number from 0 to 2.`,
    );
  });
});

describe('a guarantee is met', () => {
  /** Every way in which a commit can have been acknowledged: the primary and any `acks` standbys hold it. */
  const everyHolding = (acks: number, standbys: readonly string[]): string[][] =>
    subsets(standbys).filter((subset) => subset.length === acks);

  test('exactly by those who share somebody with every way of acknowledging', () => {
    fc.assert(
      fc.property(anyGuarantee, anyMembers, (each, present) => {
        const always = everyHolding(each.acks, each.standbys).every((holders) =>
          [each.primary as string, ...holders].some((holder) => present.has(holder as typeof A)),
        );
        expect(isMetBy(each, present)).toBe(always);
      }),
    );
  });

  test('by its primary alone, and without acknowledgements by nobody else', () => {
    expect(isMetBy(guarantee(A, [B, C], 2), new Set([A]))).toBe(true);
    expect(isMetBy(guarantee(A, [], 0), new Set([B, C, D, E]))).toBe(false);
  });

  test('by no fewer when somebody joins those present', () => {
    fc.assert(
      fc.property(anyGuarantee, anyMembers, anyMembers, (each, present, more) => {
        return !isMetBy(each, present) || isMetBy(each, new Set([...present, ...more]));
      }),
    );
  });

  test('together with the others of a list only by those who meet each', () => {
    const list = [guarantee(A, [B, C], 1), guarantee(B, [C], 1)];
    expect(allMetBy(list, new Set([B, C]))).toBe(true);
    expect(allMetBy(list, new Set([B]))).toBe(false);
    expect(allMetBy(list, new Set([A]))).toBe(false);
    expect(allMetBy([], new Set())).toBe(true);
  });
});

function subsets<T>(list: readonly T[]): T[][] {
  return list.reduce<T[][]>((found, each) => [...found, ...found.map((subset) => [...subset, each])], [[]]);
}
