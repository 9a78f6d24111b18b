import type { Beat } from '../../register';
import type { Clock } from '../../coordinator/clock';
import type { Log } from '../../coordinator/log';
import { Novelty } from '../../coordinator/novelty';
import { TIMING } from '../../coordinator/timing';

export interface OverlapOptions {
  readonly register: {
    takeBeat(invocation: Pick<Beat, 'invocationId' | 'startedAtMs' | 'atMs'>): Promise<Beat | 'refused'>;
    writeBeat(beat: Beat): Promise<'written' | 'refused'>;
  };
  readonly invocationId: string;
  /** Whether this invocation has watched everybody long enough to judge. */
  readonly isReady: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** A newer invocation has taken over. */
  readonly onOvertaken: () => void;
}

/**
 * Hands the watch from one invocation to the next without a gap. A new one takes the beat in the register when it has
 * watched everybody for a while; the older one finds its next beat refused, and ends. When the register does not answer
 * nobody is overtaken, and more than one coordinator is always safe.
 */
export class Overlap {
  private isOver = false;
  private readonly novelty = new Novelty();
  private readonly cut = new AbortController();
  private running: Promise<void> | undefined;

  constructor(private readonly options: OverlapOptions) {}

  get isOvertaken(): boolean {
    return this.isOver;
  }

  start(): void {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.cut.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { clock } = this.options;
    await this.becomeReady();
    let beat: Beat | undefined;
    while (!this.cut.signal.aborted) {
      beat = await this.beat(beat);
      if (this.isOver) return;
      await clock.sleep(TIMING.signOfLifeMs, this.cut.signal);
    }
  }

  private async becomeReady(): Promise<void> {
    const { clock, isReady } = this.options;
    const latestMs = clock.monotonicMs() + TIMING.takeOverLatestMs;
    while (!isReady() && clock.monotonicMs() < latestMs && !this.cut.signal.aborted) {
      await clock.sleep(TIMING.calmMs, this.cut.signal);
    }
  }

  /** The beat in the register afterwards; undefined while there is none of ours. */
  private async beat(last: Beat | undefined): Promise<Beat | undefined> {
    const { register, invocationId, clock, log, onOvertaken } = this.options;
    const atMs = clock.wallMs();
    try {
      const next = last === undefined ? undefined : { ...last, count: last.count + 1, atMs };
      const outcome =
        next === undefined
          ? await register.takeBeat({ invocationId, startedAtMs: atMs, atMs })
          : await register.writeBeat(next);
      if (outcome === 'refused') {
        this.isOver = true;
        log.info('overtaken', { generation: last?.generation });
        onOvertaken();
        return last;
      }
      this.novelty.isNew('failure', '');
      if (outcome === 'written') return next;
      log.info('took-over', { generation: outcome.generation });
      return outcome;
    } catch (error) {
      if (this.novelty.isNew('failure', String(error))) log.error('beat-unwritten', error);
      return last;
    }
  }
}
