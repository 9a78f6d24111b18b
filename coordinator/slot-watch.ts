import type { Slot } from '../core/member';
import type { NodeReport } from '../core/status';
import type { SlotEvidence } from '../core/evidence';
import type { Clock } from './clock';
import type { NodeProbes } from './node-probes';
import { Prober } from './prober';
import { TIMING } from './timing';

/** What the shell knows of a slot beyond what core asks for. */
export interface WatchedSlot extends SlotEvidence {
  /** Last fresh connection that PostgreSQL let in: backends that are there go on answering when the postmaster hangs. */
  readonly freshConnectionAgeMs: number | null;
}

export interface SlotWatchOptions {
  readonly slot: Slot;
  readonly report: NodeReport;
  /** PEM that the probes trust. */
  readonly ca: string;
  readonly clock: Clock;
  readonly probes: NodeProbes;
  /** Asked before each pause: somebody who matters is not heard. */
  readonly isSuspicious: () => boolean;
  /** Something changed that is worth an early beat. */
  readonly onNews: () => void;
}

/** All probes of one slot at one address, each on its own. A node that moves gets a new watch. */
export class SlotWatch {
  private readonly status;
  private readonly liveness;
  private readonly knock;
  private writes: { readonly local: Prober<void>; readonly synchronous: Prober<void> } | undefined;
  private readonly sinceMs: number;
  private facts = '';
  private report: NodeReport;

  constructor(private readonly options: SlotWatchOptions) {
    const { clock, probes, isSuspicious, onNews } = options;
    const quickMs = () => (isSuspicious() ? TIMING.suspiciousMs : TIMING.calmMs);
    this.sinceMs = clock.monotonicMs();
    this.report = options.report;
    this.status = new Prober({
      clock,
      probe: () => probes.status(),
      periodMs: quickMs,
      onOutcome: (changed) => {
        if (this.factsChanged() || changed) onNews();
      },
    });
    this.liveness = new Prober({
      clock,
      probe: () => probes.liveness(),
      periodMs: quickMs,
      onOutcome: (changed) => {
        if (changed) onNews();
      },
    });
    this.knock = new Prober({ clock, probe: () => probes.knock(), periodMs: () => TIMING.freshConnectionMs });
    this.status.start();
    this.liveness.start();
    this.knock.start();
  }

  /** Still the same node: another address, instance or CA needs other connections, and silence is counted anew. */
  isOf(report: NodeReport, ca: string): boolean {
    const mine = this.report;
    return report.address === mine.address && report.instanceId === mine.instanceId && ca === this.options.ca;
  }

  /** What else the node says of itself may change under way. */
  update(report: NodeReport): void {
    this.report = report;
  }

  evidence(): WatchedSlot {
    const { slot, clock } = this.options;
    return {
      slot,
      report: this.report,
      status: this.status.evidence,
      statusAgeMs: this.status.ageMs,
      postgresAgeMs: this.liveness.ageMs,
      localWriteAgeMs: this.writes?.local.ageMs ?? null,
      syncWriteAgeMs: this.writes?.synchronous.ageMs ?? null,
      freshConnectionAgeMs: this.knock.ageMs,
      watchedMs: clock.monotonicMs() - this.sinceMs,
    };
  }

  /** Neither the agent nor PostgreSQL has been heard for as long as an answer takes. */
  get isOverdue(): boolean {
    const { watchedMs, statusAgeMs, postgresAgeMs } = this.evidence();
    return Math.min(statusAgeMs ?? watchedMs, postgresAgeMs ?? watchedMs) > TIMING.overdueMs;
  }

  /** The last attempt at its agent or its PostgreSQL was not answered. */
  get isFailing(): boolean {
    return this.status.failure !== undefined || this.liveness.failure !== undefined;
  }

  /** Write probes go to the recorded primary alone. */
  setWriting(isPrimary: boolean): void {
    const { clock, probes } = this.options;
    if (isPrimary && this.writes === undefined) {
      const periodMs = () => TIMING.writeMs;
      this.writes = {
        local: new Prober({ clock, probe: () => probes.localWrite(), periodMs }).start(),
        synchronous: new Prober({ clock, probe: () => probes.synchronousWrite(), periodMs }).start(),
      };
    } else if (!isPrimary) {
      void this.endWrites();
    }
  }

  /** Ask again now. */
  hurry(): void {
    this.status.hurry();
    this.liveness.hurry();
  }

  look(): Promise<void> {
    return this.options.probes.look();
  }

  async stop(): Promise<void> {
    const stopped = [this.status.stop(), this.liveness.stop(), this.knock.stop(), this.endWrites()];
    this.options.probes.close();
    await Promise.all(stopped);
  }

  private async endWrites(): Promise<void> {
    const { writes } = this;
    this.writes = undefined;
    if (writes === undefined) return;
    const stopped = [writes.local.stop(), writes.synchronous.stop()];
    this.options.probes.endWrites();
    await Promise.all(stopped);
  }

  /** What the page says apart from what always moves. */
  private factsChanged(): boolean {
    const status = this.status.evidence;
    if (status === undefined) return false;
    const { member, role, healthy, leaving, pledgedTerm, postgres } = status;
    const facts = [member, role, healthy, leaving, pledgedTerm, postgres.state, postgres.inRecovery].join();
    const changed = facts !== this.facts;
    this.facts = facts;
    return changed;
  }
}
