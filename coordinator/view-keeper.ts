import { type CoordinatorView, newsOf, type ViewInput, viewOf } from '../core/coordinator-view';
import type { Clock } from './clock';
import type { Log } from './log';
import { Novelty } from './novelty';

/** Ages and positions are old news after this. */
const REGULARLY_MS = 5_000;
/** News wait for each other: an election makes several in a second. */
const AT_MOST_MS = 1_000;

export interface ViewKeeperOptions {
  readonly register: { writeView(view: CoordinatorView): Promise<void> };
  /** Who coordinates, for people. */
  readonly by: string;
  /** Whether everybody was watched long enough: before that, all others would seem to be lost. */
  readonly isReady: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Keeps what this coordinator sees in the register, for people who reach the register but not the nodes. One write at a
 * time, beside everything else: nobody waits for it, and nobody acts on it.
 */
export class ViewKeeper {
  private written = '';
  private writtenAtMs = -Infinity;
  private writing: Promise<void> | undefined;
  private readonly novelty = new Novelty();

  constructor(private readonly options: ViewKeeperOptions) {}

  /** Once a beat. */
  keep(input: Omit<ViewInput, 'by'>): void {
    const { by, clock, isReady } = this.options;
    const sinceMs = clock.monotonicMs() - this.writtenAtMs;
    if (this.writing !== undefined || sinceMs < AT_MOST_MS || !isReady()) return;
    const view = viewOf({ by, ...input });
    const news = newsOf(view);
    if (news === this.written && sinceMs < REGULARLY_MS) return;
    this.writtenAtMs = clock.monotonicMs();
    this.writing = this.write(view, news).finally(() => (this.writing = undefined));
  }

  async stop(): Promise<void> {
    await this.writing;
  }

  private async write(view: CoordinatorView, news: string): Promise<void> {
    const { register, log } = this.options;
    try {
      await register.writeView(view);
      this.written = news;
      this.novelty.isNew('failure', '');
    } catch (error) {
      if (this.novelty.isNew('failure', String(error))) log.error('view-unwritten', error);
    }
  }
}
