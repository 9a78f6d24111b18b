import type { SlotEvidence } from '../core/evidence';
import type { Slot } from '../core/member';
import type { NodeReport } from '../core/status';
import type { CaItem, PerSlot } from '../register';
import type { AgentTarget } from './agents';
import type { Clock } from './clock';
import type { Log } from './log';
import type { NodeProbes } from './node-probes';
import { Novelty } from './novelty';
import { Prober } from './prober';
import { SlotWatch } from './slot-watch';
import { TIMING } from './timing';

export interface ObserverOptions {
  readonly slots: readonly Slot[];
  readonly zoneName: string;
  readonly register: {
    readReports(slots: readonly Slot[]): Promise<PerSlot<NodeReport>>;
    readCa(): Promise<CaItem | undefined>;
  };
  readonly makeProbes: (target: AgentTarget, onLost: () => void) => NodeProbes;
  readonly clock: Clock;
  readonly log: Log;
  /** Something changed that is worth an early beat. */
  readonly onNews: () => void;
}

/**
 * Watches all slots: learns from the register where the nodes are, and keeps one {@link SlotWatch} for each. Nothing here
 * is waited for: {@link evidence} tells what is known at that moment.
 */
export class Observer {
  private readonly watches = new Map<Slot, SlotWatch>();
  private readonly reports: Prober<PerSlot<NodeReport>>;
  private readonly ca: Prober<CaItem | undefined>;
  private readonly novelty = new Novelty();
  private primary: Slot | undefined;

  constructor(private readonly options: ObserverOptions) {
    const { slots, register, clock } = options;
    this.ca = new Prober({
      clock,
      probe: () => register.readCa(),
      periodMs: () => (this.ca.evidence === undefined ? TIMING.reportsSuspiciousMs : TIMING.caMs),
      onOutcome: () => this.settle(),
    });
    this.reports = new Prober({
      clock,
      probe: () => register.readReports(slots),
      periodMs: () => (this.isUnsettled() ? TIMING.reportsSuspiciousMs : TIMING.reportsMs),
      onOutcome: () => this.settle(),
    });
  }

  start(): void {
    this.ca.start();
    this.reports.start();
  }

  evidence(): readonly SlotEvidence[] {
    return this.options.slots.map((slot) => this.watches.get(slot)?.evidence() ?? this.unwatched(slot));
  }

  /** Whether every node that has reported has been watched for this long. */
  hasWatched(durationMs: number): boolean {
    const reported = this.reports.evidence?.found;
    if (reported === undefined) return false;
    return [...reported.keys()].every((slot) => (this.watches.get(slot)?.evidence().watchedMs ?? -1) >= durationMs);
  }

  /** Somebody who matters is not heard, or has just hung up: everything asks faster. */
  isSuspicious(): boolean {
    const watch = this.primary === undefined ? undefined : this.watches.get(this.primary);
    return watch?.isOverdue === true || watch?.isFailing === true;
  }

  /** Whose silence matters; nobody's during an election. */
  setPrimary(primary: Slot | undefined): void {
    this.primary = primary;
    for (const [slot, watch] of this.watches) watch.setWriting(slot === primary);
  }

  /** Hints everybody to read the register now. Nobody waits for it, and nothing depends on it. */
  hintAll(): void {
    for (const [slot, watch] of this.watches) {
      watch.look().catch((error: unknown) => this.options.log.info('hint-not-taken', { slot, error: String(error) }));
    }
  }

  async stop(): Promise<void> {
    const watches = [...this.watches.values()];
    this.watches.clear();
    await Promise.all([this.ca.stop(), this.reports.stop(), ...watches.map((watch) => watch.stop())]);
  }

  /** A node that does not answer may have moved. */
  private isUnsettled(): boolean {
    return this.watches.size < this.options.slots.length || [...this.watches.values()].some((watch) => watch.isFailing);
  }

  /** Makes the watches follow the reports. */
  private settle(): void {
    const { log } = this.options;
    const ca = this.ca.evidence;
    const failure = this.reports.failure ?? this.ca.failure;
    if (this.novelty.isNew('reading', String(failure)) && failure !== undefined)
      log.error('reports-unreadable', failure);
    const malformed = this.reports.evidence?.malformed ?? [];
    for (const error of malformed)
      if (this.novelty.isNew(error.what, error.message)) log.error('report-malformed', error);
    if (ca === undefined) return;
    for (const [slot, report] of this.reports.evidence?.found ?? []) this.follow(slot, report, ca);
  }

  private follow(slot: Slot, report: NodeReport, ca: CaItem): void {
    const { clock, makeProbes, zoneName, log, onNews } = this.options;
    const old = this.watches.get(slot);
    if (old?.isOf(report, ca.certificate) === true) return old.update(report);
    log.info('watching', { slot, address: report.address, instanceId: report.instanceId, member: report.member });
    void old?.stop();
    const target = { slot, address: report.address, serverName: `${slot}.${zoneName}`, ca: ca.certificate };
    const watch: SlotWatch = new SlotWatch({
      slot,
      report,
      ca: ca.certificate,
      clock,
      probes: makeProbes(target, () => watch.hurry()),
      isSuspicious: () => this.isSuspicious(),
      onNews,
    });
    watch.setWriting(slot === this.primary);
    this.watches.set(slot, watch);
    onNews();
  }

  /** A node that has not reported, or that nobody can be asked about before there is a CA. */
  private unwatched(slot: Slot): SlotEvidence {
    return {
      slot,
      report: this.reports.evidence?.found.get(slot),
      status: undefined,
      statusAgeMs: null,
      postgresAgeMs: null,
      freshConnectionAgeMs: null,
      localWriteAgeMs: null,
      syncWriteAgeMs: null,
      watchedMs: 0,
    };
  }
}
