import type { EndpointPlan } from '../core/endpoints';
import type { Clock } from './clock';
import { afterChanges, nextEndpointStep, type Zone, type ZoneState } from './endpoint-change';
import type { Log } from './log';
import { Novelty } from './novelty';

/** The API answers ten calls a second for the whole account, so only doubt makes it asked. */
const CHECK_EVERY_MS = 60_000;
/** Standbys come and go; the readers' address follows them no faster than this. */
const READER_EVERY_MS = 3_000;
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 10_000;

export interface EndpointKeeperOptions {
  readonly zone: Zone;
  readonly clock: Clock;
  readonly log: Log;
  /** The zone holds the plan's writer; told once for each guard version. */
  readonly onWriterInPlace: (guardVersion: number, atWallMs: number) => void;
}

/**
 * Keeps the zone's records as planned, on its own time: nobody waits for Route 53. It knows the zone by what it read or
 * wrote last, so that a failover costs one call; any failure, and a minute, makes that knowledge void, and the zone is
 * read again before anything else is tried.
 */
export class EndpointKeeper {
  private plan: EndpointPlan | undefined;
  private zone: ZoneState | undefined;
  private readAtMs = 0;
  private readerMovedAtMs = -Infinity;
  private retryMs = FIRST_RETRY_MS;
  private writerInPlace = 0;
  private stopped = false;
  private pause = new AbortController();
  private running: Promise<void> | undefined;
  private readonly novelty = new Novelty();

  constructor(private readonly options: EndpointKeeperOptions) {}

  /** The newest plan is the one that counts. */
  keep(plan: EndpointPlan): void {
    const isNews = JSON.stringify(plan) !== JSON.stringify(this.plan);
    this.plan = plan;
    this.running ??= this.run();
    if (isNews) this.pause.abort();
  }

  /** Somebody saw other records than planned. */
  doubt(): void {
    this.zone = undefined;
    this.pause.abort();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.pause.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      this.pause = new AbortController();
      const pauseMs = await this.step();
      await this.options.clock.sleep(pauseMs, this.pause.signal);
    }
  }

  /** Returns how long nothing needs to be done. */
  private async step(): Promise<number> {
    const { plan, options } = this;
    if (plan === undefined) return CHECK_EVERY_MS;
    try {
      const pauseMs = await this.settle(plan);
      this.retryMs = FIRST_RETRY_MS;
      this.novelty.isNew('failure', '');
      return pauseMs;
    } catch (error) {
      // Accepted or not, only the zone itself tells.
      this.zone = undefined;
      if (this.novelty.isNew('failure', String(error))) options.log.error('endpoint-unsettled', error, { ...plan });
      const retryMs = this.retryMs;
      this.retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
      return retryMs;
    }
  }

  private async settle(plan: EndpointPlan): Promise<number> {
    const { zone: store, clock, log } = this.options;
    if (this.zone === undefined || clock.monotonicMs() - this.readAtMs >= CHECK_EVERY_MS) {
      this.zone = await store.read();
      this.readAtMs = clock.monotonicMs();
    }
    const step = nextEndpointStep(this.zone, plan);
    switch (step.kind) {
      case 'right':
        this.tellWriterInPlace(plan);
        break;
      case 'overtaken':
      case 'foreign':
        if (this.novelty.isNew('refusal', JSON.stringify(step)))
          log.warning(`endpoint-${step.kind}`, { ...step, plan });
        break;
      case 'change': {
        const waitMs = this.readerMovedAtMs + READER_EVERY_MS - clock.monotonicMs();
        if (!step.movesWriter && waitMs > 0) return waitMs;
        await store.change(step.changes);
        this.zone = afterChanges(this.zone, step.changes);
        this.readerMovedAtMs = clock.monotonicMs();
        log.info('endpoint-moved', { ...plan });
        if (step.movesWriter) this.tellWriterInPlace(plan);
        break;
      }
    }
    return Math.max(0, this.readAtMs + CHECK_EVERY_MS - clock.monotonicMs());
  }

  private tellWriterInPlace(plan: EndpointPlan): void {
    if (plan.guardVersion <= this.writerInPlace) return;
    this.writerInPlace = plan.guardVersion;
    this.options.onWriterInPlace(plan.guardVersion, this.options.clock.wallMs());
  }
}
