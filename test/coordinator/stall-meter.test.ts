import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StallMeter } from '../../coordinator/stall-meter';
import { ManualClock } from './support/manual-clock';

describe('the stall meter', () => {
  let clock: ManualClock;
  let meter: StallMeter;
  beforeEach(() => {
    clock = new ManualClock();
    meter = new StallMeter(clock);
  });
  afterEach(() => meter.stop());

  it('measures how long this process did not run, also while it is asked', () => {
    clock.stall(2_050);
    expect(meter.worstMs(700)).toBe(2_000);
  });

  it('forgets a stall when all that was measured in it is too old to count', () => {
    clock.stall(2_050);
    meter.worstMs(700);
    clock.stall(50);
    clock.stall(50);
    expect(meter.worstMs(700)).toBe(2_000);
    for (let tick = 0; tick < 15; tick += 1) {
      clock.stall(50);
      meter.worstMs(700);
    }
    expect(meter.worstMs(700)).toBe(0);
  });

  it('does not call ordinary lateness a stall', () => {
    clock.stall(90);
    expect(meter.worstMs(700)).toBe(0);
  });

  it('notices by itself that the processor was taken away', () => {
    const real = new StallMeter({
      monotonicMs: () => performance.now(),
      wallMs: () => Date.now(),
      sleep: () => Promise.resolve(),
    });
    const until = performance.now() + 400;
    while (performance.now() < until);
    expect(real.worstMs(10_000)).toBeGreaterThan(250);
    real.stop();
  });
});
