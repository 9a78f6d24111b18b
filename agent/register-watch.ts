import type { RegisterView } from '../core/node';
import type { ClusterRecord } from '../core/record';
import { decodeRecord, encodeRecord, MalformedItemError, RegisterUnavailableError } from '../register';
import { readIfPresent, writeDurably } from './durable';
import type { Layout } from './layout';
import type { Log } from './log';
import type { RegisterPort } from './register-port';

/**
 * The record as this node may trust it. It keeps the last one it saw, on the volume: a record that is missing, older or
 * of another epoch is never acted on, since a restored or emptied table must not make anybody bootstrap or step down.
 */
export class RegisterWatch {
  private last: ClusterRecord | undefined;
  private readAt: number | undefined;

  constructor(
    private readonly register: Pick<RegisterPort, 'readRecord'>,
    private readonly layout: Layout,
    private readonly log: Log,
    private readonly now: () => number = () => performance.now(),
  ) {}

  async load(): Promise<void> {
    const text = await readIfPresent(this.layout.state.record);
    if (text !== undefined) this.last = decodeRecord(JSON.parse(text), this.layout.state.record);
  }

  /** Strong read. Never throws. */
  async look(): Promise<RegisterView> {
    let found: ClusterRecord | undefined;
    try {
      found = await this.register.readRecord();
    } catch (error) {
      if (error instanceof MalformedItemError) return { kind: 'refused', reason: error.message, last: this.last };
      if (!(error instanceof RegisterUnavailableError)) this.log.error('register-read', error);
      return { kind: 'unreadable', last: this.last, sinceMs: this.ageMs() ?? 0 };
    }
    return this.take(found);
  }

  /** A record that this node has itself just written or been shown by a refusal counts as read. */
  take(found: ClusterRecord | undefined): RegisterView {
    this.readAt = this.now();
    const { last } = this;
    if (found === undefined) {
      const reason =
        last === undefined
          ? 'the register holds no record yet'
          : `the register lost the record (version ${last.version} was seen)`;
      return { kind: 'refused', reason, last };
    }
    if (last !== undefined && last.epoch !== found.epoch) {
      return {
        kind: 'refused',
        reason:
          `the record is of epoch ${found.epoch}, this volume belongs to ${last.epoch}: it is another cluster's, or the ` +
          'register was made anew. If it is to serve this cluster, move its state directory out of the way and ' +
          'restart the agent: its data is set aside, and the node clones the primary',
        last,
      };
    }
    if (last !== undefined && found.version < last.version) {
      return {
        kind: 'refused',
        reason:
          `the record has version ${found.version}, this node has seen ${last.version}: the register was restored from ` +
          'an older state. Restore the newest record',
        last,
      };
    }
    if (last?.version !== found.version) {
      this.last = found;
      this.keep(found);
    }
    return { kind: 'read', record: found };
  }

  lastSeen(): ClusterRecord | undefined {
    return this.last;
  }

  /** Since the last answer; undefined before the first. */
  ageMs(): number | undefined {
    return this.readAt === undefined ? undefined : this.now() - this.readAt;
  }

  /** Not waited for: a hung volume must not keep the agent from following the register. */
  private keep(record: ClusterRecord): void {
    const text = `${JSON.stringify(encodeRecord(record))}\n`;
    this.writing = this.writing
      .then(() => writeDurably(this.layout.state.record, text))
      .catch((error: unknown) => this.log.error('record-not-kept', error, { version: record.version }));
  }

  private writing: Promise<void> = Promise.resolve();
}
