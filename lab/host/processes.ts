import { readFile } from 'node:fs/promises';
import { systemErrorCode } from './errors';

export interface HostProcess {
  /** In the host's numbering. */
  readonly pid: number;
  readonly parentPid: number;
  /** Name of the program, at most 15 characters. */
  readonly name: string;
  /** In the innermost pid namespace: 1 is a machine's init. */
  readonly innerPid: number;
  /** By SIGSTOP. */
  readonly stopped: boolean;
}

/** What `/proc` says of a process; undefined when it has ended meanwhile. */
export async function lookAt(pid: number): Promise<HostProcess | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const field = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? '';
    const inner = field('NSpid').split(/\s+/).at(-1);
    return {
      pid,
      parentPid: Number(field('PPid')),
      name: field('Name'),
      innerPid: Number(inner),
      stopped: field('State').startsWith('T'),
    };
  } catch (error) {
    if (hasEnded(error)) return undefined;
    throw error;
  }
}

/** Sends a signal; false when the process has ended meanwhile. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    if (hasEnded(error)) return false;
    throw error;
  }
}

function hasEnded(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === 'ENOENT' || code === 'ESRCH';
}
