import type { Slot } from '../core/member';
import type { Pledge } from '../core/pledge';
import type { ClusterRecord } from '../core/record';
import type { PerSlot } from '../register';
import type { Clock } from './clock';
import type { Log } from './log';
import { Novelty } from './novelty';
import { TIMING } from './timing';

export interface RegisterSightOptions {
  readonly slots: readonly Slot[];
  readonly register: {
    readRecord(): Promise<ClusterRecord | undefined>;
    readPledges(slots: readonly Slot[]): Promise<PerSlot<Pledge>>;
  };
  readonly clock: Clock;
  readonly log: Log;
}

export interface RegisterView {
  readonly record: ClusterRecord | undefined;
  /** Read while electing; older ones are of older terms. */
  readonly pledges: readonly Pledge[];
}

/**
 * What one coordinator knows of the register. Each look reads the record, but for an election: then the pledges that are
 * still missing are what the cluster waits for, and the record, which only another coordinator could have changed, is
 * read now and then. To decide on one that is a little old is safe: its version is the condition of the write.
 */
export class RegisterSight {
  private record: ClusterRecord | undefined;
  private wholeAtMs = -Infinity;
  private readonly pledges = new Map<Slot, Pledge>();
  private readonly novelty = new Novelty();

  constructor(private readonly options: RegisterSightOptions) {}

  /** @throws RegisterUnavailableError, MalformedItemError: nothing can be decided, and nothing has to be. */
  async look(): Promise<RegisterView> {
    const { register, slots, clock } = this.options;
    const known = this.record;
    const isWhole = known?.phase !== 'electing' || clock.monotonicMs() - this.wholeAtMs >= TIMING.electionRecordMs;
    const [record, read] = await Promise.all([
      isWhole ? register.readRecord() : known,
      known?.phase === 'electing' ? register.readPledges(isWhole ? slots : this.missing(known.term)) : undefined,
    ]);
    if (isWhole) this.wholeAtMs = clock.monotonicMs();
    this.record = record;
    for (const [slot, pledge] of read?.found ?? []) this.pledges.set(slot, pledge);
    for (const error of read?.malformed ?? []) {
      if (this.novelty.isNew(error.what, error.message)) this.options.log.error('pledge-malformed', error);
    }
    return { record, pledges: record?.phase === 'electing' ? [...this.pledges.values()] : [] };
  }

  /** What a write of ours has left there, or what was found in its way. */
  note(record: ClusterRecord | undefined): void {
    this.record = record;
    this.wholeAtMs = this.options.clock.monotonicMs();
  }

  private missing(term: number): readonly Slot[] {
    return this.options.slots.filter((slot) => this.pledges.get(slot)?.term !== term);
  }
}
