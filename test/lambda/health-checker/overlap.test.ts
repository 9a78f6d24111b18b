import { beforeEach, describe, expect, it } from '@jest/globals';
import { Overlap } from '../../../lambda/health-checker/overlap';
import type { Beat } from '../../../register';
import { ManualClock } from '../../coordinator/support/manual-clock';
import { recordedLog } from '../../coordinator/support/recorded-log';

/** The register's beat item: the newest generation's beats alone are taken. */
class BeatInMemory {
  current: Beat | undefined;
  isOut = false;

  takeBeat(invocation: Pick<Beat, 'invocationId' | 'startedAtMs' | 'atMs'>): Promise<Beat | 'refused'> {
    if (this.isOut) return Promise.reject(new Error('no answer'));
    this.current = { ...invocation, generation: (this.current?.generation ?? 0) + 1, count: 0 };
    return Promise.resolve(this.current);
  }

  writeBeat(beat: Beat): Promise<'written' | 'refused'> {
    if (this.isOut) return Promise.reject(new Error('no answer'));
    if (beat.generation < (this.current?.generation ?? 0)) return Promise.resolve('refused');
    this.current = beat;
    return Promise.resolve('written');
  }
}

let clock: ManualClock;
let register: BeatInMemory;
let overtaken: string[];

beforeEach(() => {
  clock = new ManualClock();
  register = new BeatInMemory();
  overtaken = [];
});

function invoke(invocationId: string, isReady: () => boolean = () => true): Overlap {
  const overlap = new Overlap({
    register,
    invocationId,
    isReady,
    clock,
    log: recordedLog().log,
    onOvertaken: () => overtaken.push(invocationId),
  });
  overlap.start();
  return overlap;
}

describe('invocations', () => {
  it('beat once a second', async () => {
    const overlap = invoke('one');
    await clock.pass(3_500);
    expect(register.current).toMatchObject({ invocationId: 'one', generation: 1, count: 3 });
    await overlap.stop();
  });

  it('end within a second of a newer one taking over, and only the older one ends', async () => {
    const one = invoke('one');
    await clock.pass(1_500);
    const two = invoke('two');
    await clock.pass(0);
    expect(one.isOvertaken).toBe(false);
    await clock.pass(1_000);
    expect([one.isOvertaken, two.isOvertaken]).toEqual([true, false]);
    await clock.pass(5_000);
    expect(overtaken).toEqual(['one']);
    expect(register.current).toMatchObject({ invocationId: 'two', generation: 2 });
    await two.stop();
  });

  it('leave the watch to the older one until they have watched everybody themselves', async () => {
    const one = invoke('one');
    let hasWatched = false;
    const two = invoke('two', () => hasWatched);
    await clock.pass(3_000);
    expect(register.current?.invocationId).toBe('one');
    hasWatched = true;
    await clock.pass(2_000);
    expect(register.current?.invocationId).toBe('two');
    expect(one.isOvertaken).toBe(true);
    await two.stop();
  });

  it('take over at last, even when somebody cannot be watched', async () => {
    const one = invoke('one');
    const two = invoke('two', () => false);
    await clock.pass(11_500);
    expect([one.isOvertaken, two.isOvertaken]).toEqual([true, false]);
    await two.stop();
  });

  it('all go on while the register does not answer', async () => {
    const one = invoke('one');
    await clock.pass(1_000);
    register.isOut = true;
    const two = invoke('two');
    await clock.pass(20_000);
    expect([one.isOvertaken, two.isOvertaken]).toEqual([false, false]);
    register.isOut = false;
    await clock.pass(2_000);
    expect([one.isOvertaken, two.isOvertaken]).toEqual([true, false]);
    await two.stop();
  });
});
