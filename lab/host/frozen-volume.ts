import { run } from './command';
import { isMounted, type LoopDevice } from './loop';

/**
 * A volume that takes no writes: its file system is frozen (FIFREEZE), so whoever writes or syncs hangs in the kernel and
 * cannot even be killed. It outlives the machine, and holds its loop device, until it is thawed.
 */
export async function freezeFileSystem(leaderPid: number, mountPoint: string): Promise<void> {
  await run('nsenter', [`--target=${leaderPid}`, '--mount', 'fsfreeze', '--freeze', mountPoint]);
}

/**
 * Also when nobody is left who has it mounted: the kernel still has it, and a second mount of the device is the same file
 * system. That mount is in a namespace that ends with its only process. Nothing happens to a volume that is not mounted
 * or not frozen; one that was shut down cannot be opened any more, so it has to be thawed before or with that.
 */
export async function thawFileSystem(device: Pick<LoopDevice, 'path'>): Promise<void> {
  if (!(await isMounted(device))) return;
  const script = 'mount "$1" /mnt && { fsfreeze --unfreeze /mnt 2>/dev/null || true; }';
  await run('unshare', ['--mount', '--propagation=private', 'sh', '-c', script, 'sh', device.path]);
}
