import type { Log } from './log';
import { Patience } from './patience';

/** What failed is tried again after this, then more and more seldom: a clone that does not fit asks the primary each time. */
const FIRST_AGAIN_MS = 400;
const LAST_AGAIN_MS = 10_000;

export interface MakingOptions {
  readonly log: Log;
  /** A directory has been made. */
  readonly onDone: () => void;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** The making of a data directory (clone, rewind, initialize): it takes long, and runs beside the agent's loop. One at a time. */
export class Making {
  private underWay: { readonly term: number; readonly abort: AbortController } | undefined;
  private lastFailure: string | undefined;
  private readonly patience: Patience;

  constructor(private readonly options: MakingOptions) {
    this.patience = new Patience(FIRST_AGAIN_MS, LAST_AGAIN_MS, options.now);
  }

  /** Of the term for which something is being made; undefined while nothing is. */
  get term(): number | undefined {
    return this.underWay?.term;
  }

  /** Why the last attempt came to nothing, until the next one. */
  get failure(): string | undefined {
    return this.lastFailure;
  }

  /** Unless the last attempt has just failed. `what`: for the log. */
  begin(what: string, term: number, work: (signal: AbortSignal) => Promise<void>): void {
    if (this.patience.isWaiting) return;
    this.lastFailure = undefined;
    const abort = new AbortController();
    this.underWay = { term, abort };
    work(abort.signal)
      .then(() => {
        this.patience.succeeded();
        this.options.onDone();
      })
      .catch((error: unknown) => {
        this.patience.failed();
        this.lastFailure = String(error instanceof Error ? error.message : error);
        this.options.log.error('making-failed', error, { doing: what });
      })
      .finally(() => (this.underWay = undefined));
  }

  callOff(): void {
    this.underWay?.abort.abort();
  }

  /** Something else is done now. */
  forgetFailure(): void {
    this.lastFailure = undefined;
  }
}
