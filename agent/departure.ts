import type { HoldBack, Leaving, Termination } from './lifecycle';
import type { Log } from './log';

export interface DepartureOptions {
  /** What instance metadata says now. */
  readonly leaving: () => Promise<Leaving | undefined>;
  readonly holdBack: Pick<HoldBack, 'holds'>;
  readonly termination: Pick<Termination, 'holdBack' | 'letGo'>;
  readonly log: Log;
  /** Whether it goes has changed. */
  readonly onNews: () => void;
  /** It has left, and is to take part again: everything begins anew. */
  readonly onReturn: () => void;
  /** Milliseconds, monotonic. */
  readonly now?: () => number;
}

/**
 * Whether this node goes: from the first sign that its instance does, until it has left and the instance is let go.
 *
 * A termination and a spot interruption are never called off. Maintenance is: it is moved, or it is over and the instance was
 * never touched. Then the node takes part again.
 */
export class Departure {
  private reason: Leaving | undefined;
  private since = 0;
  private hasLeft = false;
  private readonly now: () => number;

  constructor(private readonly options: DepartureOptions) {
    this.now = options.now ?? (() => performance.now());
  }

  /** How long it has been about to go; undefined while it is not. */
  get forMs(): number | undefined {
    return this.reason === undefined ? undefined : this.now() - this.since;
  }

  get isOver(): boolean {
    return this.hasLeft;
  }

  /** One look at instance metadata. */
  async look(): Promise<void> {
    const { leaving, holdBack, termination, log, onNews } = this.options;
    const found = await leaving();
    if (found === undefined) return this.stay();
    if (this.reason === undefined) {
      if (!holdBack.holds(found)) {
        this.since = this.now();
        log.warning('leaving', { kind: found.kind, reason: found.reason });
        this.reason = found;
        onNews();
      }
    } else this.reason = found;
    if (found.kind !== 'terminating') return;
    if (this.hasLeft) await termination.letGo();
    else await termination.holdBack();
  }

  /** PostgreSQL has stopped, and the volume is given back. */
  async left(): Promise<void> {
    const { reason } = this;
    this.hasLeft = true;
    // Called off while it was leaving.
    if (reason === undefined) return this.options.onReturn();
    if (reason.kind === 'terminating') await this.options.termination.letGo();
    this.options.log.info('left', { reason: reason.reason });
  }

  private stay(): void {
    if (this.reason?.kind !== 'maintenance') return;
    this.options.log.warning('stays', { reason: `No more is announced: ${this.reason.reason}` });
    this.reason = undefined;
    if (this.hasLeft) this.options.onReturn();
    else this.options.onNews();
  }
}
