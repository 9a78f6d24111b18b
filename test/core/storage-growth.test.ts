import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { GROW_BELOW_FREE, sizeToGrowTo } from '../../core/storage-growth';

const GIB = 2 ** 30;
const use = (sizeGiB: number, freeGiB: number, fileSystemGiB = sizeGiB) => ({
  sizeGiB,
  totalBytes: fileSystemGiB * GIB,
  freeBytes: freeGiB * GIB,
});

describe('a volume', () => {
  test('with a fifth free stays as it is', () => {
    expect(sizeToGrowTo(use(100, 20), 500)).toBeUndefined();
  });

  test('with less grows by a quarter, by 10 GiB at least, and never above the maximum', () => {
    expect(sizeToGrowTo(use(100, 19), 500)).toBe(125);
    expect(sizeToGrowTo(use(20, 1), 500)).toBe(30);
    expect(sizeToGrowTo(use(100, 1), 110)).toBe(110);
    expect(sizeToGrowTo(use(110, 1), 110)).toBeUndefined();
    // The owner has lowered the maximum: EBS never makes anything smaller.
    expect(sizeToGrowTo(use(200, 1), 110)).toBeUndefined();
  });

  test('whose file system has not yet taken what the volume has waits for it', () => {
    expect(sizeToGrowTo(use(30, 1, 20), 500)).toBeUndefined();
    expect(sizeToGrowTo(use(125, 1, 100), 500)).toBeUndefined();
  });

  test('only ever grows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 65_536 }), fc.double({ min: 0, max: 1, noNaN: true }), (size, free) => {
        const next = sizeToGrowTo({ sizeGiB: size, totalBytes: size * GIB, freeBytes: size * GIB * free }, 65_536);
        expect(next === undefined).toBe(free >= GROW_BELOW_FREE || size === 65_536);
        if (next !== undefined) expect(next).toBeGreaterThan(size);
      }),
    );
  });
});
