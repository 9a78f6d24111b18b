/**
 * Timers and unawaited work of the region, so that `close` ends all of it and no failure goes unseen: whatever throws in
 * here is logged with what it was doing.
 */
export class Background {
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly running = new Set<Promise<void>>();
  private closed = false;

  constructor(private readonly log: (line: string) => void) {}

  /** Runs `work` once after `delayMs`. Returns a function that cancels it. */
  after(delayMs: number, what: string, work: () => void | Promise<void>): () => void {
    if (this.closed) return () => undefined;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.run(what, work);
    }, delayMs);
    this.timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.timers.delete(timer);
    };
  }

  /** Runs `work` again and again, `periodMs()` after it ended. */
  every(periodMs: () => number, what: string, work: () => void | Promise<void>): void {
    this.after(periodMs(), what, async () => {
      try {
        await work();
      } finally {
        this.every(periodMs, what, work);
      }
    });
  }

  /** Starts `work` without waiting for it. */
  run(what: string, work: () => void | Promise<void>): void {
    const promise = (async () => {
      try {
        await work();
      } catch (error) {
        this.log(`${what} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      }
    })();
    this.running.add(promise);
    void promise.finally(() => this.running.delete(promise));
  }

  /** Cancels what has not begun and waits for what has. */
  async close(): Promise<void> {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    await Promise.all(this.running);
  }
}
