import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nextSpace, spaceMarks, walSizes, type Space } from '../../core/disk-space';

const GIB = 2 ** 30;
const volume = fc.integer({ min: 1, max: 64_000 }).map((gib) => gib * GIB);

describe('the free space of a volume', () => {
  const marks = spaceMarks(100 * GIB);

  test('is tight before it is full, and each is left only when half as much again is free', () => {
    expect(nextSpace('ample', 8 * GIB, marks)).toBe('ample');
    expect(nextSpace('ample', 8 * GIB - 1, marks)).toBe('tight');
    expect(nextSpace('tight', 12 * GIB - 1, marks)).toBe('tight');
    expect(nextSpace('tight', 12 * GIB, marks)).toBe('ample');
    expect(nextSpace('tight', 4 * GIB - 1, marks)).toBe('full');
    expect(nextSpace('full', 6 * GIB - 1, marks)).toBe('full');
    expect(nextSpace('full', 6 * GIB, marks)).toBe('tight');
    expect(nextSpace('ample', 0, marks)).toBe('full');
    expect(nextSpace('full', 100 * GIB, marks)).toBe('ample');
  });

  test('never swings while it stays where it is', () => {
    const before = fc.constantFrom<Space>('ample', 'tight', 'full');
    fc.assert(
      fc.property(before, volume, fc.double({ min: 0, max: 1, noNaN: true }), (space, total, share) => {
        const once = nextSpace(space, total * share, spaceMarks(total));
        expect(nextSpace(once, total * share, spaceMarks(total))).toBe(once);
      }),
    );
  });
});

describe('what WAL may stand on a volume', () => {
  test('is less than half of it, and leaves more than the marks, whatever its size', () => {
    fc.assert(
      fc.property(volume, (total) => {
        const { maxBytes, keepBytes, slotBytes } = walSizes(total);
        const { tightBytes, headroomBytes } = spaceMarks(total);
        expect(maxBytes + keepBytes + slotBytes).toBeLessThan(total / 2);
        expect(maxBytes + keepBytes + slotBytes + tightBytes + headroomBytes).toBeLessThan(total * 0.55);
      }),
    );
  });
});
