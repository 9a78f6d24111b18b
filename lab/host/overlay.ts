import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command';

/**
 * Mounts a writable tree over read-only layers (topmost first) and gives its root directory. `volatile`: nothing in it
 * has to survive a crash of the host, so its syncs cost nothing; what must last is on volumes.
 */
export async function mountOverlay(directory: string, layers: readonly string[]): Promise<string> {
  const root = join(directory, 'root');
  const upper = join(directory, 'upper');
  const work = join(directory, 'work');
  for (const each of [root, upper, work]) await mkdir(each, { recursive: true });
  const options = `lowerdir=${layers.join(':')},upperdir=${upper},workdir=${work},volatile`;
  await run('mount', ['-t', 'overlay', 'overlay', '-o', options, root]);
  return root;
}

export async function unmountOverlay(directory: string): Promise<void> {
  await run('umount', [join(directory, 'root')]);
}
