import { describe, expect, jest, test } from '@jest/globals';
import { accessesUnderWay, DiskStalled, MOST_AT_ONCE, onDisk } from '../../agent/disk';
import { eventually } from './support/eventually';

jest.setTimeout(120_000);

/** An access that hangs until it is released, as one to a hung volume does. */
function hanging(): { access: () => Promise<string>; release: () => void; started: () => boolean } {
  let release = (): void => undefined;
  let started = false;
  const done = new Promise<string>((resolve) => {
    release = () => resolve('late');
  });
  return {
    access: () => {
      started = true;
      return done;
    },
    release: () => release(),
    started: () => started,
  };
}

describe('access to the volume', () => {
  test('gives its result, or its own error', async () => {
    expect(await onDisk('Reading', () => Promise.resolve('text'))).toBe('text');
    await expect(onDisk('Reading', () => Promise.reject(new Error('EIO')))).rejects.toThrow('EIO');
    expect(accessesUnderWay()).toBe(0);
  });

  test('fails at its deadline, and is still counted until it comes back', async () => {
    const hung = hanging();
    await expect(onDisk('Reading pledge.json', hung.access, 20)).rejects.toThrow(
      new DiskStalled('Reading pledge.json: the disk did not answer within 20 ms.'),
    );
    expect(accessesUnderWay()).toBe(1);
    hung.release();
    await eventually('the access is back', () => accessesUnderWay() === 0);
  });

  test('never takes more worker threads than its share, and goes on when one is free', async () => {
    const all = Array.from({ length: MOST_AT_ONCE }, hanging);
    const results = all.map(({ access }) => onDisk('Reading', access));
    const next = hanging();
    await expect(onDisk('Reading', next.access, 20)).rejects.toBeInstanceOf(DiskStalled);
    expect(next.started()).toBe(false);

    const waiting = onDisk('Reading', () => Promise.resolve('text'));
    all[0]?.release();
    expect(await waiting).toBe('text');
    all.forEach(({ release }) => release());
    await Promise.all(results);
    expect(accessesUnderWay()).toBe(0);
  });
});
