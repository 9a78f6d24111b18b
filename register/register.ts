import { randomUUID } from 'node:crypto';
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { CoordinatorView } from '../core/coordinator-view';
import type { FailoverEvent } from '../core/event';
import type { Slot } from '../core/member';
import { TABLE } from '../core/names';
import type { Operation } from '../core/operation';
import type { Pledge } from '../core/pledge';
import type { ClusterRecord } from '../core/record';
import type { NodeReport } from '../core/status';
import { DEFAULT_TIMEOUTS, documentClient, type RegisterTimeouts } from './client';
import { type Beat, decodeBeat } from './codec/beat';
import { type CaItem, decodeCa } from './codec/ca';
import { decodeEvent } from './codec/event';
import { decodeOperation } from './codec/operation';
import { decodePledge, encodePledge } from './codec/pledge';
import { decodeRecord, encodeRecord } from './codec/record';
import { decodeReport } from './codec/report';
import { decodeView } from './codec/view';
import { ABSENT, atVersion, unchanged, withoutAttribute } from './condition';
import { MalformedItemError, RegisterUnavailableError } from './errors';
import { BEAT_KEY, CA_KEY, eventKey, operationKey, pledgeKey, RECORD_KEY, reportKey, VIEW_KEY } from './keys';
import { type Key, type StoredItem, Table, textOf } from './table';

export interface RegisterOptions {
  readonly tableName: string;
  /** Region, endpoint, credentials; the SDK's own defaults when absent. */
  readonly client?: DynamoDBClientConfig;
  readonly timeouts?: Partial<RegisterTimeouts>;
}

type WithoutVersion<Record> = Record extends unknown ? Omit<Record, 'version'> : never;

/** A record before it is written; the write gives it the version after the judged one. */
export type RecordDraft = WithoutVersion<ClusterRecord>;

/** What a conclusion was drawn from. */
export interface Judged {
  readonly epoch: string;
  readonly version: number;
}

export type RecordOutcome =
  | { readonly kind: 'written'; readonly record: ClusterRecord }
  /** The record has moved on, or is gone: judge again from what stands there. */
  | { readonly kind: 'refused'; readonly found: ClusterRecord | undefined };

/** What was found per slot. One node's malformed item hides nobody else's. */
export interface PerSlot<Value> {
  readonly found: ReadonlyMap<Slot, Value>;
  readonly malformed: readonly MalformedItemError[];
}

/**
 * The register: the one DynamoDB table that is the cluster's only authority.
 * Every method may throw {@link RegisterUnavailableError}; every read may throw {@link MalformedItemError}.
 */
export class Register {
  private readonly client: DynamoDBDocumentClient;
  private readonly table: Table;
  /** Nonces of the items that this process alone writes, as last known. */
  private readonly ownNonces = new Map<string, string>();

  constructor(options: RegisterOptions) {
    const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
    this.client = documentClient(options.client ?? {}, timeouts);
    this.table = new Table(this.client, options.tableName, timeouts.callMs);
  }

  async readRecord(): Promise<ClusterRecord | undefined> {
    return decoded(RECORD_KEY, await this.table.get(RECORD_KEY), decodeRecord);
  }

  /** Only where no record is: bootstrapping happens once in the life of a table. */
  async createRecord(record: ClusterRecord): Promise<RecordOutcome> {
    const outcome = await this.table.put(RECORD_KEY, encodeRecord(record), ABSENT);
    if (outcome.kind === 'written') return { kind: 'written', record };
    return { kind: 'refused', found: decoded(RECORD_KEY, outcome.found, decodeRecord) };
  }

  /** Writes `next` only where the judged record still stands. */
  async replaceRecord(judged: Judged, next: RecordDraft): Promise<RecordOutcome> {
    if (next.epoch !== judged.epoch) {
      throw new Error(`A record keeps its epoch: judged ${judged.epoch}, next ${next.epoch}.`);
    }
    const record: ClusterRecord = { ...next, version: judged.version + 1 };
    const outcome = await this.table.put(RECORD_KEY, encodeRecord(record), atVersion(judged.epoch, judged.version));
    if (outcome.kind === 'written') return { kind: 'written', record };
    return { kind: 'refused', found: decoded(RECORD_KEY, outcome.found, decodeRecord) };
  }

  /** Refused when a pledge for a higher term stands there: an older one must not hide it. */
  async writePledge(slot: Slot, pledge: Pledge): Promise<'written' | 'refused'> {
    return this.putOwn(pledgeKey(slot), encodePledge(pledge), ({ body }) => {
      const term = body['term'];
      return typeof term !== 'number' || term <= pledge.term;
    });
  }

  async readPledges(slots: readonly Slot[]): Promise<PerSlot<Pledge>> {
    return this.readPerSlot(slots, pledgeKey, decodePledge);
  }

  async writeReport(slot: Slot, report: NodeReport): Promise<void> {
    await this.putOwn(reportKey(slot), { ...report }, () => true);
  }

  async readReports(slots: readonly Slot[]): Promise<PerSlot<NodeReport>> {
    return this.readPerSlot(slots, reportKey, decodeReport);
  }

  async readCa(): Promise<CaItem | undefined> {
    return decoded(CA_KEY, await this.table.get(CA_KEY), decodeCa);
  }

  /** Whoever comes first wins; everybody gets the winner's. */
  async createCa(ca: CaItem): Promise<CaItem> {
    const outcome = await this.table.put(CA_KEY, { ...ca }, ABSENT);
    if (outcome.kind === 'written') return ca;
    const winner = decoded(CA_KEY, outcome.found, decodeCa);
    if (winner === undefined) throw new RegisterUnavailableError(`create ${textOf(CA_KEY)}`, 'it came and went');
    return winner;
  }

  async readBeat(): Promise<Beat | undefined> {
    return decoded(BEAT_KEY, await this.table.get(BEAT_KEY), decodeBeat);
  }

  /** A new invocation takes the beat: from here on the older one's beats are refused. */
  async takeBeat(invocation: Pick<Beat, 'invocationId' | 'startedAtMs' | 'atMs'>): Promise<Beat | 'refused'> {
    const before = await this.table.get(BEAT_KEY);
    const generation = (decoded(BEAT_KEY, before, decodeBeat)?.generation ?? 0) + 1;
    const beat: Beat = { ...invocation, generation, count: 0 };
    if (before?.nonce !== undefined) this.ownNonces.set(textOf(BEAT_KEY), before.nonce);
    return (await this.writeBeat(beat)) === 'written' ? beat : 'refused';
  }

  /** Refused when a newer invocation has taken the beat. */
  async writeBeat(beat: Beat): Promise<'written' | 'refused'> {
    return this.putOwn(BEAT_KEY, { ...beat }, ({ body }) => {
      const found = decodeBeat(body);
      return found.generation < beat.generation || found.invocationId === beat.invocationId;
    });
  }

  /** What a coordinator saw last. Any of them may write it: the newest is the one to read. */
  async writeView(view: CoordinatorView): Promise<void> {
    await this.putOwn(VIEW_KEY, { ...view }, () => true);
  }

  async readView(): Promise<CoordinatorView | undefined> {
    return decoded(VIEW_KEY, await this.table.get(VIEW_KEY), decodeView);
  }

  /** One event per term. Coordinators may tell it more than once; a complete telling stays as it is. */
  async writeEvent(event: FailoverEvent): Promise<void> {
    await this.table.put(eventKey(event.term), { ...event }, withoutAttribute('flippedAtMs'));
  }

  /** The latest first. */
  async readEvents(limit = 100): Promise<readonly FailoverEvent[]> {
    const items = await this.table.latest(TABLE.clusterPartition, TABLE.eventSortPrefix, limit);
    return items.map((item) => decodeEvent(item.body));
  }

  /** What an operator did. Each is an item of its own and stays. */
  async writeOperation(operation: Operation): Promise<void> {
    await this.table.put(operationKey(operation.atMs, randomUUID().slice(0, 8)), { ...operation }, ABSENT);
  }

  /** The latest first. */
  async readOperations(limit = 100): Promise<readonly Operation[]> {
    const items = await this.table.latest(TABLE.clusterPartition, TABLE.operationSortPrefix, limit);
    return items.map((item) => decodeOperation(item.body));
  }

  close(): void {
    this.client.destroy();
  }

  /**
   * Replaces an item that this process alone writes. Each write names the one before it, so that an older write which
   * was given up but is still under way cannot land on top of a newer one.
   */
  private async putOwn(
    key: Key,
    body: Readonly<Record<string, unknown>>,
    mayReplace: (found: StoredItem) => boolean,
  ): Promise<'written' | 'refused'> {
    const name = textOf(key);
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const before = this.ownNonces.get(name);
      const outcome = await this.table.put(key, body, before === undefined ? ABSENT : unchanged(before));
      if (outcome.kind === 'written') {
        this.ownNonces.set(name, outcome.nonce);
        return 'written';
      }
      const { found } = outcome;
      if (found?.nonce === undefined) this.ownNonces.delete(name);
      else this.ownNonces.set(name, found.nonce);
      if (found !== undefined && !mayReplace(found)) return 'refused';
    }
    throw new RegisterUnavailableError(`write ${name}`, 'another writer was there first each time');
  }

  private async readPerSlot<Value>(
    slots: readonly Slot[],
    keyOf: (slot: Slot) => Key,
    decode: (value: unknown, what: string) => Value,
  ): Promise<PerSlot<Value>> {
    const items = await Promise.all(slots.map((slot) => this.table.get(keyOf(slot))));
    const found = new Map<Slot, Value>();
    const malformed: MalformedItemError[] = [];
    for (const [at, slot] of slots.entries()) {
      try {
        const value = decoded(keyOf(slot), items[at], decode);
        if (value !== undefined) found.set(slot, value);
      } catch (error) {
        if (!(error instanceof MalformedItemError)) throw error;
        malformed.push(error);
      }
    }
    return { found, malformed };
  }
}

function decoded<Value>(
  key: Key,
  item: StoredItem | undefined,
  decode: (value: unknown, what: string) => Value,
): Value | undefined {
  return item === undefined ? undefined : decode(item.body, textOf(key));
}
