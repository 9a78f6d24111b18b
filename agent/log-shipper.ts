import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from './log';
import { type JournalEntry, shippable } from './shippable';

export interface ShippedLine {
  readonly atMs: number;
  readonly message: string;
  /** Absent from what this program adds itself. */
  readonly cursor?: string;
}

export interface LogShipperOptions {
  readonly destination: { put(lines: readonly ShippedLine[]): Promise<void> };
  readonly log: Log;
  /** Everything up to this place of the journal has been shipped, or never will be. */
  readonly onShipped: (cursor: string) => void;
  readonly everyMs?: number;
}

/** What waits to be shipped; the oldest is dropped for what comes. */
const MOST_WAITING_BYTES = 1 << 20;
const MOST_WAITING_LINES = 5_000;
/** One call takes no more than 1 MiB, and each line costs 26 bytes beside its text. */
const BATCH_BYTES = 256 << 10;
const LINE_BYTES = 26;
const EVERY_MS = 5_000;
const MOST_PAUSE_MS = 300_000;

/**
 * Copies the node's journal to CloudWatch Logs, where it outlives the instance. It is in nobody's way: bounded in
 * memory, one call at a time, and while they fail it only drops the oldest lines and says how many. The journal itself
 * has all of them.
 */
export class LogShipper {
  private readonly waiting: ShippedLine[] = [];
  private waitingBytes = 0;
  private dropped = 0;
  private lastFailure = '';

  constructor(private readonly options: LogShipperOptions) {}

  add(entry: JournalEntry): void {
    const message = shippable(entry);
    if (message === undefined) return;
    this.push({ atMs: entry.atMs, message, cursor: entry.cursor });
    while (this.waitingBytes > MOST_WAITING_BYTES || this.waiting.length > MOST_WAITING_LINES) {
      this.shift();
      this.dropped += 1;
    }
  }

  /** For ever. */
  async run(isOver: () => boolean = () => false): Promise<void> {
    const { everyMs = EVERY_MS } = this.options;
    let pauseMs = everyMs;
    while (!isOver()) {
      const went = await this.ship();
      pauseMs = went ? everyMs : Math.min(pauseMs * 2, MOST_PAUSE_MS);
      await pause(pauseMs, undefined, { ref: false });
    }
  }

  /** Ships what waits. @returns whether all of it went. */
  async ship(): Promise<boolean> {
    while (this.waiting.length > 0) {
      const batch = this.batch();
      const { dropped } = this;
      const at = batch[0]?.atMs ?? 0;
      const told = dropped === 0 ? [] : [{ atMs: at, message: `(${dropped} earlier lines are in the journal only)` }];
      try {
        await this.options.destination.put([...told, ...batch]);
      } catch (error) {
        // Once: the log goes into the journal, and from there to here.
        if (String(error) !== this.lastFailure) this.options.log.error('logs-unshipped', error);
        this.lastFailure = String(error);
        return false;
      }
      this.lastFailure = '';
      this.dropped -= dropped;
      // What was dropped meanwhile were the first ones of the batch.
      const shipped = new Set(batch);
      let last: string | undefined;
      for (let first = this.waiting[0]; first !== undefined && shipped.has(first); first = this.waiting[0]) {
        last = first.cursor;
        this.shift();
      }
      if (last !== undefined) this.options.onShipped(last);
    }
    return true;
  }

  private batch(): readonly ShippedLine[] {
    let bytes = 0;
    const end = this.waiting.findIndex((line) => {
      bytes += sizeOf(line);
      return bytes > BATCH_BYTES;
    });
    const batch = end === -1 ? this.waiting.slice() : this.waiting.slice(0, Math.max(1, end));
    // In order of time, as CloudWatch Logs wants it; a clock that was set back puts lines out of order.
    return batch.sort((left, right) => left.atMs - right.atMs);
  }

  private push(line: ShippedLine): void {
    this.waiting.push(line);
    this.waitingBytes += sizeOf(line);
  }

  private shift(): void {
    const line = this.waiting.shift();
    if (line !== undefined) this.waitingBytes -= sizeOf(line);
  }
}

function sizeOf({ message }: ShippedLine): number {
  return Buffer.byteLength(message) + LINE_BYTES;
}
