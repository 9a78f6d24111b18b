import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { run } from './command';
import { systemErrorCode } from './errors';

export interface LoopDevice {
  readonly path: string;
  readonly major: number;
  readonly minor: number;
}

/** Makes a block device of a file. */
export async function attachLoop(file: string): Promise<LoopDevice> {
  const path = (await run('losetup', ['--find', '--show', file])).trim();
  const { rdev } = await stat(path);
  // Linux's encoding of device numbers in 64 bits (makedev(3)); loop devices need only its low parts.
  return { path, major: (rdev >> 8) & 0xfff, minor: (rdev & 0xff) | ((rdev >> 12) & 0xfff00) };
}

export async function detachLoop(device: LoopDevice): Promise<void> {
  await run('losetup', ['--detach', device.path]);
}

/** The device takes its file's new size. */
export async function resizeLoop(device: LoopDevice): Promise<void> {
  await run('losetup', ['--set-capacity', device.path]);
}

/** Whether a file system on it is mounted anywhere, in whatever mount namespace: only then an exclusive open is refused. */
export async function isMounted(device: Pick<LoopDevice, 'path'>): Promise<boolean> {
  try {
    await (await open(device.path, constants.O_RDONLY | constants.O_EXCL)).close();
    return false;
  } catch (error) {
    if (systemErrorCode(error) === 'EBUSY') return true;
    throw error;
  }
}

/** Loop devices whose file is below `directory`, also those of runs that ended badly. */
export async function loopsBelow(directory: string): Promise<string[]> {
  const text = await run('losetup', ['--list', '--noheadings', '--output', 'NAME,BACK-FILE']);
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, file]) => file?.startsWith(`${directory}/`))
    .map(([name]) => name ?? '');
}
