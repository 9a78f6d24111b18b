import type { Clock } from '../../../coordinator/clock';

interface Sleeper {
  readonly untilMs: number;
  readonly wake: () => void;
}

/** Time that passes only when told to. */
export class ManualClock implements Clock {
  private nowMs = 1_000;
  private readonly sleepers = new Set<Sleeper>();

  monotonicMs(): number {
    return this.nowMs;
  }

  wallMs(): number {
    return 1_800_000_000_000 + this.nowMs;
  }

  sleep(durationMs: number, cut?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (cut?.aborted === true) return resolve();
      const sleeper = {
        untilMs: this.nowMs + durationMs,
        wake: () => {
          this.sleepers.delete(sleeper);
          resolve();
        },
      };
      this.sleepers.add(sleeper);
      cut?.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  /** Lets the time pass, waking each sleeper at its own moment. */
  async pass(durationMs: number): Promise<void> {
    const endMs = this.nowMs + durationMs;
    await settled();
    for (;;) {
      const next = [...this.sleepers].sort((left, right) => left.untilMs - right.untilMs)[0];
      if (next === undefined || next.untilMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, next.untilMs);
      next.wake();
      await settled();
    }
    this.nowMs = endMs;
  }

  /** The time jumps while nobody runs: a process that was taken off its processor. */
  stall(durationMs: number): void {
    this.nowMs += durationMs;
  }
}

/** Lets everything happen that does not wait for time. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
