import { run } from './command';

/** The last lines of a machine's journal, running or not, as people read them. */
export function journalTail(directory: string, lines: number): Promise<string> {
  return run('journalctl', [
    `--directory=${directory}`,
    '--no-pager',
    '--quiet',
    '--output=short-iso',
    `--lines=${lines}`,
  ]);
}
