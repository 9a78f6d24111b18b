import { expect, test } from '@jest/globals';
import { Patience } from '../../agent/patience';

test('waits twice as long after each failure, up to a bound, and not at all after a success', () => {
  let now = 0;
  const patience = new Patience(100, 300, () => now);
  const waits = (): number => {
    const since = now;
    while (patience.isWaiting) now += 1;
    return now - since;
  };
  expect(patience.isWaiting).toBe(false);
  const failures = [1, 2, 3, 4].map(() => {
    patience.failed();
    return waits();
  });
  expect(failures).toEqual([100, 200, 300, 300]);
  patience.failed();
  patience.succeeded();
  expect(patience.isWaiting).toBe(false);
  patience.failed();
  expect(waits()).toBe(100);
});
