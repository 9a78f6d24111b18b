import { describe, expect, test } from '@jest/globals';
import { mayDiscard } from '../../core/discard';
import { guarantee } from '../../core/guarantee';
import { A, B, bootstrapping, C, D, electing, promoting, steady } from './support/records';

describe('a data directory may be discarded', () => {
  test('when the record is steady and no guarantee names its member', () => {
    expect(mayDiscard(steady(), D)).toBe(true);
  });

  test('never while it is the primary or a standby of any guarantee, the older ones included', () => {
    const record = steady({ guarantees: [guarantee(D, [B], 1), guarantee(A, [C], 1)] });
    expect([A, B, C, D].map((member) => mayDiscard(record, member))).toEqual([false, false, false, false]);
  });

  test('never while an election is on: the guarantees are frozen, and anybody may be needed', () => {
    expect([bootstrapping(), electing(), promoting()].map((record) => mayDiscard(record, D))).toEqual([
      false,
      false,
      false,
    ]);
  });
});
