import { describe, expect, test } from '@jest/globals';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { succeed } from '../../agent/command';
import { DiskProbe } from '../../agent/disk-probe';
import { temporaryDirectory } from './support/directory';
import { eventually } from './support/eventually';
import { LoopVolume } from './support/slot-volume';

const directory = temporaryDirectory();

describe('the disk probe', () => {
  let now = 0;
  const probeOf = (device: string, file: string, timeoutMs = 10_000): DiskProbe =>
    new DiskProbe({ device, file: join(directory.path, file), timeoutMs, now: () => now });

  test('says that a disk answers, and since when it has not', async () => {
    const loop = await LoopVolume.create(directory.path, 16);
    const probe = probeOf(loop.device, 'answers');
    expect(probe.health).toBe('unknown');
    expect(probe.answerAgeMs).toBeNull();
    expect(await probe.ask()).toBe('answers');
    expect(probe.health).toBe('answers');
    now += 300;
    expect(probe.answerAgeMs).toBe(300);
    expect(await probe.ask()).toBe('answers');
    expect(probe.answerAgeMs).toBe(0);
    expect((await stat(join(directory.path, 'answers'))).size).toBe(4096);
    await loop.remove();
  });

  test('says that a disk fails', async () => {
    const probe = probeOf(join(directory.path, 'none'), 'fails');
    expect(await probe.ask()).toBe('failing');
    now += 300;
    expect(await probe.ask()).toBe('failing');
    expect(probe.answerAgeMs).toBe(300);
  });

  test('says that a full disk answers: nothing is wrong with it', async () => {
    const loop = await LoopVolume.create(directory.path, 16);
    const full = new DiskProbe({ device: loop.device, file: '/dev/full', timeoutMs: 10_000 });
    expect(await full.ask()).toBe('answers');
    await loop.remove();
  });

  test('says that a disk hangs, with one process however often it is asked, and that it is back', async () => {
    // A pipe that nobody writes to hangs at open, as a device does that never answers.
    const hanging = join(directory.path, 'hanging');
    await succeed('mkfifo', [hanging], { timeoutMs: 10_000 });
    const probe = probeOf(hanging, 'hangs', 20);
    const began = now;
    for (let count = 0; count < 5; count += 1) expect(await probe.ask()).toBe('stalled');
    now += 5_000;
    expect(probe.answerAgeMs).toBe(now - began);
    expect(await processesNaming(hanging)).toBe(1);
    await (await open(hanging, 'w')).close();
    await eventually('the read is back', async () => (await processesNaming(hanging)) === 0);
  });
});

async function processesNaming(path: string): Promise<number> {
  const { stdout } = await succeed('ps', ['-eo', 'args'], { timeoutMs: 10_000 });
  return stdout.split('\n').filter((line) => line.startsWith('dd ') && line.includes(path)).length;
}
