import type { Clock } from './clock';

const TICK_MS = 50;

/**
 * Measures how late this process itself is: a CPU that was taken away, a long garbage collection, a frozen Lambda. What
 * was not heard in such a time proves nothing about others.
 */
export class StallMeter {
  private readonly stalls: { readonly atMs: number; readonly lateMs: number }[] = [];
  private readonly timer: NodeJS.Timeout;
  private lastMs: number;

  constructor(private readonly clock: Clock) {
    this.lastMs = clock.monotonicMs();
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  /** The longest delay that ended within the last `windowMs`, the one under way included. */
  worstMs(windowMs: number): number {
    this.tick();
    const sinceMs = this.clock.monotonicMs() - windowMs;
    return Math.max(0, ...this.stalls.filter(({ atMs }) => atMs >= sinceMs).map(({ lateMs }) => lateMs));
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private tick(): void {
    const nowMs = this.clock.monotonicMs();
    const lateMs = nowMs - this.lastMs - TICK_MS;
    this.lastMs = nowMs;
    if (lateMs <= TICK_MS) return;
    this.stalls.push({ atMs: nowMs, lateMs });
    if (this.stalls.length > 100) this.stalls.shift();
  }
}
