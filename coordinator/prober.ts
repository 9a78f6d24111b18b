import type { Clock } from './clock';

export interface ProberOptions<Evidence> {
  readonly clock: Clock;
  /** One attempt. Bounds its own time; a rejection means that there was no answer. */
  readonly probe: () => Promise<Evidence>;
  /** From the start of one attempt to the start of the next. Asked each time, so that suspicion can shorten it. */
  readonly periodMs: () => number;
  /** After each attempt. `changed`: it answered and the one before did not, or the other way round. */
  readonly onOutcome?: (changed: boolean) => void;
}

/**
 * Repeats one probe of one target, independent of every other: a target that does not answer costs nobody else time.
 * Keeps the last answer and when it came; nobody ever waits for a prober.
 */
export class Prober<Evidence> {
  private answer: { readonly evidence: Evidence; readonly atMs: number } | undefined;
  private error: unknown;
  private stopped = false;
  private hurried = false;
  private pause = new AbortController();
  private running: Promise<void> | undefined;

  constructor(private readonly options: ProberOptions<Evidence>) {}

  start(): this {
    this.running ??= this.run();
    return this;
  }

  get evidence(): Evidence | undefined {
    return this.answer?.evidence;
  }

  /** Since the last answer; null when there never was one. */
  get ageMs(): number | null {
    return this.answer === undefined ? null : this.options.clock.monotonicMs() - this.answer.atMs;
  }

  /** Why the last attempt was not answered; undefined when it was, or when none was made. */
  get failure(): unknown {
    return this.error;
  }

  /** Begins the next attempt now instead of after the pause. */
  hurry(): void {
    this.hurried = true;
    this.pause.abort();
  }

  /** Resolves when the attempt under way is over. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.pause.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { clock, probe, periodMs, onOutcome } = this.options;
    while (!this.stopped) {
      this.hurried = false;
      const beganMs = clock.monotonicMs();
      const failedBefore = this.error !== undefined;
      try {
        this.answer = { evidence: await probe(), atMs: clock.monotonicMs() };
        this.error = undefined;
      } catch (error) {
        this.error = error ?? new Error('no answer');
      }
      if (this.stopped) return;
      onOutcome?.(failedBefore !== (this.error !== undefined));
      const pauseMs = beganMs + periodMs() - clock.monotonicMs();
      if (this.hurried || pauseMs <= 0) continue;
      this.pause = new AbortController();
      await clock.sleep(pauseMs, this.pause.signal);
    }
  }
}
