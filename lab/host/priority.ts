import { writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { unless } from './errors';

const NICE = -10;

/**
 * This process, and what it starts, before all else on this machine: AWS does not slow down while a customer's machines
 * are busy, and here they share the processors. Where the kernel groups processes by session, the group's own number
 * counts, and theirs only inside it.
 */
export async function goFirst(): Promise<void> {
  setPriority(NICE);
  await unless('ENOENT', writeFile('/proc/self/autogroup', String(NICE)), undefined);
}
