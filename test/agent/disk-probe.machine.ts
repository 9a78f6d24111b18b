import { describe, expect, test } from '@jest/globals';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { succeed } from '../../agent/command';
import { DiskProbe } from '../../agent/disk-probe';
import { temporaryDirectory } from './support/directory';
import { eventually } from './support/eventually';
import { LoopVolume } from './support/slot-volume';

const directory = temporaryDirectory();

describe('the disk probe', () => {
  test('says that a disk answers', async () => {
    const loop = await LoopVolume.create(directory.path, 16);
    const probe = new DiskProbe(loop.device, 10_000);
    expect(probe.health).toBe('unknown');
    expect(await probe.read()).toBe('answers');
    expect(probe.health).toBe('answers');
    await loop.remove();
  });

  test('says that a disk fails', async () => {
    expect(await new DiskProbe(join(directory.path, 'none'), 10_000).read()).toBe('failing');
  });

  test('says that a disk hangs, with one process however often it is asked, and that it is back', async () => {
    // A pipe that nobody writes to hangs at open, as a device does that never answers.
    const hanging = join(directory.path, 'hanging');
    await succeed('mkfifo', [hanging], { timeoutMs: 10_000 });
    const probe = new DiskProbe(hanging, 20);
    for (let count = 0; count < 5; count += 1) expect(await probe.read()).toBe('stalled');
    expect(await processesNaming(hanging)).toBe(1);
    await (await open(hanging, 'w')).close();
    await eventually('the read is back', async () => (await processesNaming(hanging)) === 0);
  });
});

async function processesNaming(path: string): Promise<number> {
  const { stdout } = await succeed('ps', ['-eo', 'args'], { timeoutMs: 10_000 });
  return stdout.split('\n').filter((line) => line.startsWith('dd ') && line.includes(path)).length;
}
