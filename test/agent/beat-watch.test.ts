import { beforeEach, describe, expect, test } from '@jest/globals';
import { BeatWatch } from '../../agent/beat-watch';
import { type Beat, MalformedItemError, RegisterUnavailableError } from '../../register';
import { recordedLog } from './support/lines';

const first: Beat = { invocationId: 'one', generation: 3, count: 7, startedAtMs: 1, atMs: 2 };

let nowMs: number;
let answer: () => Promise<Beat | undefined>;
let watch: BeatWatch;
let lines: readonly unknown[];

beforeEach(() => {
  nowMs = 1_000;
  answer = () => Promise.resolve(first);
  const recorded = recordedLog();
  lines = recorded.lines;
  watch = new BeatWatch({ readBeat: () => answer() }, recorded.log, () => nowMs);
});

/** Looks once a second for so many seconds. */
async function lookFor(seconds: number): Promise<void> {
  for (let nth = 0; nth < seconds; nth += 1) {
    await watch.look();
    nowMs += 1_000;
  }
}

describe('the beat', () => {
  test('stands still for as long as readings have shown the same', async () => {
    expect(watch.stillMs()).toBeNull();
    await lookFor(6);
    expect(watch.stillMs()).toBe(5_000);
  });

  test('moves when its count does, or its invocation, whatever its wall clock says', async () => {
    await lookFor(6);
    answer = () => Promise.resolve({ ...first, count: 8, atMs: 0 });
    await lookFor(1);
    expect(watch.stillMs()).toBe(0);
    answer = () => Promise.resolve({ ...first, count: 8, atMs: 1e13 });
    await lookFor(2);
    expect(watch.stillMs()).toBe(2_000);
    answer = () => Promise.resolve({ ...first, count: 8, invocationId: 'two', generation: 4 });
    await lookFor(1);
    expect(watch.stillMs()).toBe(0);
  });

  test('that was never there stands still as well', async () => {
    answer = () => Promise.resolve(undefined);
    await lookFor(4);
    expect(watch.stillMs()).toBe(3_000);
  });

  test('that nobody can understand stands still as well: whoever writes it cannot go on from it either', async () => {
    answer = () => Promise.reject(new MalformedItemError('coordinator/beat', ['count: expected a number']));
    await lookFor(4);
    expect(watch.stillMs()).toBe(3_000);
    expect(lines).toHaveLength(1);
  });
});

describe('what was not read says nothing', () => {
  const unavailable = () =>
    Promise.reject(new RegisterUnavailableError('read coordinator/beat', new Error('no answer')));

  test('while the register is silent it is not known, and then counted anew', async () => {
    await lookFor(6);
    answer = unavailable;
    await lookFor(5);
    expect(watch.stillMs()).toBeNull();
    answer = () => Promise.resolve(first);
    await lookFor(3);
    expect(watch.stillMs()).toBe(2_000);
    expect(lines).toHaveLength(1);
  });

  test('one reading that fails is no gap', async () => {
    await lookFor(3);
    answer = unavailable;
    await lookFor(1);
    answer = () => Promise.resolve(first);
    await lookFor(2);
    expect(watch.stillMs()).toBe(5_000);
  });

  test('after this process stood still itself it is counted anew', async () => {
    await lookFor(6);
    nowMs += 60_000;
    expect(watch.stillMs()).toBeNull();
    await lookFor(1);
    expect(watch.stillMs()).toBe(0);
  });
});
