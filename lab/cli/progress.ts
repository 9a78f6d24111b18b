import pc from 'picocolors';
import { formatDuration } from '../duration';

/**
 * Steps of a longer work on standard error: one line each, with its time. On a terminal the step under way is shown and
 * replaced when it is done; elsewhere only finished steps are printed.
 */
export class Progress {
  private readonly began = Date.now();
  private readonly live = process.stderr.isTTY;
  private current: { text: string; sinceMs: number } | undefined;

  /** Does a step, with a line about it. */
  async step<T>(text: string, work: () => Promise<T>): Promise<T> {
    this.begin(text);
    try {
      const result = await work();
      this.done(text, Date.now() - (this.current?.sinceMs ?? Date.now()));
      return result;
    } finally {
      this.clear();
      this.current = undefined;
    }
  }

  /** Something has happened meanwhile. */
  note(text: string): void {
    this.clear();
    process.stderr.write(`${pc.green('✓')} ${text} ${pc.dim(`at ${formatDuration(this.elapsedMs())}`)}\n`);
    this.show();
  }

  get tty(): boolean {
    return this.live;
  }

  elapsedMs(): number {
    return Date.now() - this.began;
  }

  private begin(text: string): void {
    this.current = { text, sinceMs: Date.now() };
    this.show();
  }

  private done(text: string, durationMs: number): void {
    this.clear();
    process.stderr.write(`${pc.green('✓')} ${text} ${pc.dim(formatDuration(durationMs))}\n`);
  }

  private show(): void {
    if (this.live && this.current !== undefined) process.stderr.write(`${pc.dim('…')} ${this.current.text}`);
  }

  private clear(): void {
    if (this.live) process.stderr.write('\r\x1b[2K');
  }
}
