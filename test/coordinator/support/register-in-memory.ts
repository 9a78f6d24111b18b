import type { CoordinatorView } from '../../../core/coordinator-view';
import type { FailoverEvent } from '../../../core/event';
import type { Slot } from '../../../core/member';
import type { Pledge } from '../../../core/pledge';
import type { ClusterRecord } from '../../../core/record';
import type { Judged, PerSlot, RecordDraft, RecordOutcome } from '../../../register';

/** The register as the loop sees it: one record, replaced only where the judged version still stands. */
export class RegisterInMemory {
  record: ClusterRecord | undefined;
  readonly pledges = new Map<Slot, Pledge>();
  readonly events: FailoverEvent[] = [];
  readonly views: CoordinatorView[] = [];
  readonly reads: number[] = [];
  /** The slots of each read. */
  readonly pledgeReads: string[] = [];
  isOut = false;
  /** Somebody else acts between a judgement and its write. */
  beforeReplacing: () => void = () => undefined;

  constructor(private readonly now: () => number) {}

  async readRecord(): Promise<ClusterRecord | undefined> {
    this.reads.push(this.now());
    await this.answer();
    return this.record;
  }

  async createRecord(record: ClusterRecord): Promise<RecordOutcome> {
    await this.answer();
    if (this.record !== undefined) return { kind: 'refused', found: this.record };
    this.record = record;
    return { kind: 'written', record };
  }

  async replaceRecord(judged: Judged, next: RecordDraft): Promise<RecordOutcome> {
    await this.answer();
    this.beforeReplacing();
    if (this.record?.epoch !== judged.epoch || this.record.version !== judged.version) {
      return { kind: 'refused', found: this.record };
    }
    this.record = { ...next, version: judged.version + 1 };
    return { kind: 'written', record: this.record };
  }

  async readPledges(slots: readonly Slot[]): Promise<PerSlot<Pledge>> {
    this.pledgeReads.push(slots.join(''));
    await this.answer();
    return { found: new Map([...this.pledges].filter(([slot]) => slots.includes(slot))), malformed: [] };
  }

  async writeEvent(event: FailoverEvent): Promise<void> {
    await this.answer();
    this.events.push(event);
  }

  async writeView(view: CoordinatorView): Promise<void> {
    await this.answer();
    this.views.push(view);
  }

  private answer(): Promise<void> {
    return this.isOut ? Promise.reject(new Error('no answer')) : Promise.resolve();
  }
}
