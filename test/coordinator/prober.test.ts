import { beforeEach, describe, expect, it } from '@jest/globals';
import { Prober } from '../../coordinator/prober';
import { ManualClock, settled } from './support/manual-clock';

let clock: ManualClock;
beforeEach(() => {
  clock = new ManualClock();
});

describe('a prober', () => {
  it('asks once a period, from start to start', async () => {
    const asked: number[] = [];
    const prober = new Prober({
      clock,
      periodMs: () => 500,
      probe: async () => {
        asked.push(clock.monotonicMs());
        await clock.sleep(200);
      },
    }).start();
    await clock.pass(1_600);
    expect(asked).toEqual([1_000, 1_500, 2_000, 2_500]);
    void prober.stop();
  });

  it('keeps the last answer and its age while nobody answers any more', async () => {
    let answers = true;
    const prober = new Prober({
      clock,
      periodMs: () => 500,
      probe: () => (answers ? Promise.resolve('here') : Promise.reject(new Error('no answer'))),
    }).start();
    expect(prober.ageMs).toBeNull();
    await clock.pass(600);
    answers = false;
    await clock.pass(1_000);
    expect(prober.evidence).toBe('here');
    expect(prober.ageMs).toBe(1_100);
    expect(prober.failure).toEqual(new Error('no answer'));
    await prober.stop();
  });

  it('is not held up by another that waits for a silent target', async () => {
    const silent = new Prober({ clock, periodMs: () => 500, probe: () => new Promise<never>(() => undefined) }).start();
    let answers = 0;
    const other = new Prober({ clock, periodMs: () => 500, probe: () => Promise.resolve((answers += 1)) }).start();
    await clock.pass(2_000);
    expect(silent.ageMs).toBeNull();
    expect(answers).toBe(5);
    await other.stop();
  });

  it('tells when answers end and when they come again', async () => {
    const outcomes: boolean[] = [];
    const script = ['here', 'here', undefined, undefined, 'here'];
    const prober = new Prober({
      clock,
      periodMs: () => 500,
      probe: () => {
        const next = script.shift();
        return next === undefined ? Promise.reject(new Error('no answer')) : Promise.resolve(next);
      },
      onOutcome: (changed) => outcomes.push(changed),
    }).start();
    await clock.pass(2_000);
    expect(outcomes).toEqual([false, false, true, false, true]);
    await prober.stop();
  });

  it('asks at once when hurried, also when that comes while it asks', async () => {
    let asked = 0;
    let answer: () => void = () => undefined;
    const prober = new Prober({
      clock,
      periodMs: () => 500,
      probe: () => {
        asked += 1;
        return new Promise<void>((resolve) => (answer = resolve));
      },
    }).start();
    prober.hurry();
    answer();
    await settled();
    expect(asked).toBe(2);
    answer();
    await settled();
    expect(asked).toBe(2);
    prober.hurry();
    await settled();
    expect(asked).toBe(3);
    answer();
    await prober.stop();
  });
});
