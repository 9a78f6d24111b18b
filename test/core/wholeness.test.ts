import { describe, expect, test } from '@jest/globals';
import { guarantee } from '../../core/guarantee';
import type { Slot } from '../../core/member';
import { uncounted, watchedSlots } from '../../core/wholeness';
import { A, B, bootstrapping, C, D, E, electing, steady } from './support/records';

const slots = ['a', 'b', 'c'] as Slot[];

describe('the slots that the register does not count on', () => {
  test('are those that the guarantee does not name', () => {
    expect(uncounted(steady({ guarantees: [guarantee(A, [B, C], 1)] }), slots, 1)).toEqual([]);
    expect(uncounted(steady({ guarantees: [guarantee(A, [C], 1)] }), slots, 1)).toEqual(['b']);
    expect(uncounted(steady({ guarantees: [guarantee(A, [], 0)] }), slots, 1)).toEqual(['b', 'c']);
  });

  test('are all of them while a guarantee changes', () => {
    const changing = steady({ guarantees: [guarantee(A, [B], 1), guarantee(A, [B, C], 1)] });
    expect(uncounted(changing, slots, 1)).toEqual(slots);
  });

  test.each([undefined, bootstrapping(), electing()])('are all of them while the record is not steady', (record) => {
    expect(uncounted(record, slots, 1)).toEqual(slots);
  });

  test('are none of a steady record when nobody has to confirm', () => {
    expect(uncounted(steady({ guarantees: [guarantee(A, [], 0)] }), slots, 0)).toEqual([]);
    expect(uncounted(electing(), slots, 0)).toEqual(slots);
  });
});

describe('the slots to look after', () => {
  const chosen = ['a', 'b', 'c'] as Slot[];

  test('are those of the settings', () => {
    expect(watchedSlots(chosen, undefined)).toEqual(chosen);
    expect(watchedSlots(chosen, bootstrapping())).toEqual(chosen);
    expect(watchedSlots(chosen, steady({ guarantees: [guarantee(A, [B], 1)] }))).toEqual(chosen);
  });

  test('and one that was taken away, as long as a guarantee names it', () => {
    expect(watchedSlots(chosen, steady({ guarantees: [guarantee(A, [B, D], 1)] }))).toEqual(['a', 'b', 'c', 'd']);
    expect(watchedSlots(['a'] as Slot[], electing({ guarantees: [guarantee(E, [A], 1)] }))).toEqual(['a', 'e']);
  });
});
