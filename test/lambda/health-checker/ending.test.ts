import { beforeEach, describe, expect, it } from '@jest/globals';
import { ending } from '../../../lambda/health-checker/ending';
import { ManualClock } from '../../coordinator/support/manual-clock';

/** What Lambda grants. */
const TIMEOUT_MS = 180_000;

describe('an invocation', () => {
  let clock: ManualClock;
  const overlap = { isOvertaken: false };
  const loop = { isBusy: false };

  beforeEach(() => {
    clock = new ManualClock();
    overlap.isOvertaken = false;
    loop.isBusy = false;
  });

  it('goes on until somebody has taken over', async () => {
    const endOf = ending(clock, TIMEOUT_MS, overlap, loop);
    await clock.pass(150_000);
    expect(endOf()).toBeUndefined();
    overlap.isOvertaken = true;
    expect(endOf()).toBe('overtaken');
  });

  it('first finishes the failover that it has seen begin', () => {
    const endOf = ending(clock, TIMEOUT_MS, overlap, loop);
    overlap.isOvertaken = true;
    loop.isBusy = true;
    expect(endOf()).toBeUndefined();
    loop.isBusy = false;
    expect(endOf()).toBe('overtaken');
  });

  it('lasts 170 seconds at most, in the middle of whatever it is', async () => {
    const endOf = ending(clock, TIMEOUT_MS, overlap, loop);
    loop.isBusy = true;
    await clock.pass(169_999);
    expect(endOf()).toBeUndefined();
    await clock.pass(1);
    expect(endOf()).toBe('out of time');
  });

  it('leaves itself time to close what is open when less was granted', async () => {
    const endOf = ending(clock, 60_000, overlap, loop);
    await clock.pass(52_000);
    expect(endOf()).toBe('out of time');
  });
});
