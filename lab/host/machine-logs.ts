import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unless } from './errors';

/** Journal and console outlive the machine, for `script/lab logs` and for whoever asks why it went. */
export async function keepLogs(machineDirectory: string, logDirectory: string): Promise<void> {
  await mkdir(logDirectory, { recursive: true });
  // A machine that never came as far has neither.
  for (const [from, to] of [
    ['console.log', 'console.log'],
    ['upper/var/log/journal', 'journal'],
  ] as const) {
    await rm(join(logDirectory, to), { recursive: true, force: true });
    await unless('ENOENT', rename(join(machineDirectory, from), join(logDirectory, to)), undefined);
  }
}
