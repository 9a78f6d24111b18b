import { readFile } from 'node:fs/promises';

export interface Mount {
  readonly mountPoint: string;
  /** Device number, `major:minor`. */
  readonly device: string;
  readonly type: string;
  /** As it was mounted, for people. */
  readonly source: string;
  /** Of this mount, or of the whole file system. */
  readonly readOnly: boolean;
}

/** What is mounted at a directory, topmost; undefined when nothing is. Asks the kernel's table, never the disk. */
export async function mountAt(mountPoint: string): Promise<Mount | undefined> {
  return parseMounts(await readFile('/proc/self/mountinfo', 'utf8')).findLast(
    (mount) => mount.mountPoint === mountPoint,
  );
}

/** Reads /proc/self/mountinfo (proc_pid_mountinfo(5)). */
export function parseMounts(text: string): Mount[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      // Optional fields stand between the sixth field and the separator.
      const [before = '', after = ''] = line.split(' - ', 2);
      const [, , device = '', , mountPoint = '', options = ''] = before.split(' ');
      const [type = '', source = '', ofFileSystem = ''] = after.split(' ');
      const readOnly = [...options.split(','), ...ofFileSystem.split(',')].includes('ro');
      return { mountPoint: unescape(mountPoint), device, type, source: unescape(source), readOnly };
    });
}

/** Space, tab, newline and backslash stand as octal. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
