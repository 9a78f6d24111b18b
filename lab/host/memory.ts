import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command';

const FILE = '/etc/holdfast-lab/meminfo';

/**
 * Makes a machine's `/proc/meminfo` tell its own memory. A control group bounds what a machine may take, but the kernel
 * goes on telling the host's memory to whoever asks, and PostgreSQL would be given a quarter of that for its buffers.
 */
export async function writeMemory(root: string, memoryMiB: number): Promise<void> {
  const kB = (name: string, value: number) => `${`${name}:`.padEnd(16)}${String(value).padStart(8)} kB\n`;
  const total = memoryMiB * 1024;
  const available = Math.floor(total * 0.75);
  await mkdir(join(root, 'etc/holdfast-lab'), { recursive: true });
  await writeFile(
    join(root, FILE),
    kB('MemTotal', total) +
      kB('MemFree', available) +
      kB('MemAvailable', available) +
      ['Buffers', 'Cached', 'SwapTotal', 'SwapFree'].map((name) => kB(name, 0)).join(''),
  );
}

/** Puts what {@link writeMemory} wrote in force in a machine that has begun to boot. */
export async function showMemory(leaderPid: number): Promise<void> {
  await run('nsenter', [`--target=${leaderPid}`, '--mount', 'mount', '--bind', FILE, '/proc/meminfo']);
}
