import type { RegisterPort } from '../../../../agent/register-port';
import type { Slot } from '../../../../core/member';
import type { Pledge } from '../../../../core/pledge';
import type { ClusterRecord } from '../../../../core/record';
import type { NodeReport } from '../../../../core/status';
import { decodePledge, decodeRecord, encodePledge, encodeRecord, RegisterUnavailableError } from '../../../../register';

type Judged = Parameters<RegisterPort['replaceRecord']>[0];
type Draft = Parameters<RegisterPort['replaceRecord']>[1];
type Outcome = Awaited<ReturnType<RegisterPort['replaceRecord']>>;

/**
 * The register's contract in memory: strong reads and one conditional write at a time, through the real codec. What
 * DynamoDB itself does is tested elsewhere, against an emulator over HTTP.
 */
export class MemoryRegister implements RegisterPort {
  private record: Record<string, unknown> | undefined;
  private readonly pledges = new Map<Slot, unknown>();
  private readonly reports = new Map<Slot, NodeReport>();
  /** Every record that was ever written, oldest first. */
  readonly history: ClusterRecord[] = [];
  /** While set, nothing answers. */
  isDown = false;
  /** Called before a write of the record is applied; throwing keeps it from being applied. */
  beforeWrite: ((next: ClusterRecord) => void) | undefined;

  put(record: ClusterRecord): void {
    this.record = encodeRecord(record);
    this.history.push(record);
  }

  readRecord(): Promise<ClusterRecord | undefined> {
    return this.answer(() => (this.record === undefined ? undefined : decodeRecord(this.record)));
  }

  replaceRecord(judged: Judged, next: Draft): Promise<Outcome> {
    return this.answer(() => {
      const found = this.record === undefined ? undefined : decodeRecord(this.record);
      if (found?.version !== judged.version || found.epoch !== judged.epoch) return { kind: 'refused', found };
      const record: ClusterRecord = { ...next, version: judged.version + 1 };
      this.beforeWrite?.(record);
      this.put(record);
      return { kind: 'written', record };
    });
  }

  readPledges(slots: readonly Slot[]): ReturnType<RegisterPort['readPledges']> {
    return this.answer(() => ({
      found: new Map(
        slots.flatMap((slot) => (this.pledges.has(slot) ? [[slot, decodePledge(this.pledges.get(slot), slot)]] : [])),
      ),
      malformed: [],
    }));
  }

  writePledge(slot: Slot, pledge: Pledge): Promise<'written' | 'refused'> {
    return this.answer(() => {
      const before = this.pledges.get(slot);
      if (before !== undefined && decodePledge(before, slot).term > pledge.term) return 'refused';
      this.pledges.set(slot, encodePledge(pledge));
      return 'written';
    });
  }

  readReports(slots: readonly Slot[]): ReturnType<RegisterPort['readReports']> {
    return this.answer(() => ({
      found: new Map([...this.reports].filter(([slot]) => slots.includes(slot))),
      malformed: [],
    }));
  }

  writeReport(slot: Slot, report: NodeReport): Promise<void> {
    return this.answer(() => void this.reports.set(slot, report));
  }

  private answer<T>(work: () => T): Promise<T> {
    if (this.isDown) return Promise.reject(new RegisterUnavailableError('any call', 'the test cut it off'));
    return Promise.resolve().then(work);
  }
}
