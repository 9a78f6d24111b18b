export class RegionClosed extends Error {
  constructor() {
    super('the region is closing');
    this.name = 'RegionClosed';
  }
}

/**
 * Timers and unawaited work of the region, so that `close` ends all of it and no failure goes unseen: whatever throws in
 * here is logged with what it was doing.
 */
export class Background {
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly running = new Set<Promise<void>>();
  private readonly closing: Promise<never>;
  private rejectClosing: (error: RegionClosed) => void = () => undefined;
  private closed = false;

  constructor(private readonly log: (line: string) => void) {
    this.closing = new Promise((_, reject) => (this.rejectClosing = reject));
    // Only those who wait for something are told.
    this.closing.catch(() => undefined);
  }

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

  /** Rejects with {@link RegionClosed} when the region closes meanwhile, so that nothing begins after that. */
  sleep(durationMs: number): Promise<void> {
    return this.orClosed(
      new Promise((resolve) => {
        this.after(durationMs, 'sleeping', resolve);
      }),
    );
  }

  /** The same for a wait that is not for time. */
  orClosed<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.closing]);
  }

  /** Starts `work` without waiting for it. */
  run(what: string, work: () => void | Promise<void>): void {
    const promise = (async () => {
      try {
        await work();
      } catch (error) {
        if (error instanceof RegionClosed) return;
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
    this.rejectClosing(new RegionClosed());
    await Promise.all(this.running);
  }
}
