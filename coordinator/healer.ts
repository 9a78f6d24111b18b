import type { SlotEvidence } from '../core/evidence';
import { slotOf } from '../core/member';
import type { Policy } from '../core/policy';
import type { ClusterRecord, SteadyRecord } from '../core/record';
import type { Clock } from './clock';
import type { Log } from './log';
import { Novelty } from './novelty';

/**
 * While a guarantee still counts on the slot the host may be one that only this coordinator does not hear. It is let go
 * all the same in the end: the policy may be to wait for a last standby, which cannot come back before.
 */
const COUNTED_ON_MS = { silent: 20_000, superseded: 30_000 };
const LOOK_EVERY_MS = 5_000;

/** An instance that Auto Scaling wants to terminate and that a hook holds back. */
export interface HeldInstance {
  readonly instanceId: string;
  readonly groupName: string;
  /** From the group's tag. */
  readonly slot: string;
}

/** What the healer needs of Auto Scaling. */
export interface ScalingGroups {
  held(): Promise<readonly HeldInstance[]>;
  /** Ends the wait: the instance is terminated now. */
  letGo(instance: HeldInstance): Promise<void>;
}

export interface HealerOptions {
  readonly policy: Policy;
  readonly groups: ScalingGroups;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Lets go of hosts that died. Auto Scaling runs the termination hook for a dead host too, where nobody is left to
 * complete it: the slot's volume, and the replacement with it, would wait out the hook's time.
 *
 * It is quick when the cluster has gone on without the host: the record is steady, another one is its primary, and no
 * guarantee names a member of its slot. So nothing waits for that host, and what it alone holds nobody was told; whoever
 * took it out of the guarantee, the primary's agent, missed it too. Auto Scaling terminates it in any case: the hook only
 * gives a living agent time to leave in order, and it leaves within seconds.
 *
 * It takes no part in what is safe: a node that is let go too early is one that fails, and the record never depends on
 * anybody's being there. It never lets go of the recorded primary.
 */
export class Healer {
  private running: Promise<void> | undefined;
  private lookedAtMs = -Infinity;
  /** Instances that are held while another one reports for their slot: since when they have been seen so. */
  private readonly superseded = new Map<string, number>();
  private readonly novelty = new Novelty();

  constructor(private readonly options: HealerOptions) {}

  /** One look at a time, none too often, only while a slot is unwell; nobody waits for it. */
  heal(record: ClusterRecord | undefined, slots: readonly SlotEvidence[]): void {
    const nowMs = this.options.clock.monotonicMs();
    if (record?.phase !== 'steady' || this.running !== undefined || nowMs - this.lookedAtMs < LOOK_EVERY_MS) return;
    const { letGoMs } = this.options.policy;
    if (slots.every((slot) => slot.status?.healthy === true && silentMs(slot) < letGoMs))
      return this.superseded.clear();
    this.lookedAtMs = nowMs;
    this.running = this.look(record, slots).finally(() => (this.running = undefined));
  }

  async stop(): Promise<void> {
    await this.running;
  }

  private async look(record: SteadyRecord, slots: readonly SlotEvidence[]): Promise<void> {
    const { groups, log } = this.options;
    try {
      for (const instance of await groups.held()) {
        if (!this.isLost(instance, record, slots)) continue;
        await groups.letGo(instance);
        log.info('host-let-go', { ...instance });
      }
      this.novelty.isNew('failure', '');
    } catch (error) {
      if (this.novelty.isNew('failure', String(error))) log.error('host-not-let-go', error);
    }
  }

  private isLost(instance: HeldInstance, record: SteadyRecord, slots: readonly SlotEvidence[]): boolean {
    const slot = slots.find((each) => each.slot === instance.slot);
    if (slot?.report === undefined) return false;
    const { policy } = this.options;
    const isPrimarySlot = slot.slot === slotOf(record.primary.member);
    const limitMs = isCountedOn(slot.slot, record)
      ? COUNTED_ON_MS
      : { silent: policy.letGoMs, superseded: policy.supersededMs };
    if (slot.report.instanceId === instance.instanceId) return !isPrimarySlot && silentMs(slot) >= limitMs.silent;
    // The primary may still be the one that is held.
    if (isPrimarySlot && slot.report.address !== record.primary.address) return false;
    const nowMs = this.options.clock.monotonicMs();
    const sinceMs = this.superseded.get(instance.instanceId) ?? nowMs;
    this.superseded.set(instance.instanceId, sinceMs);
    return nowMs - sinceMs >= limitMs.superseded;
  }
}

function isCountedOn(slot: string, record: SteadyRecord): boolean {
  return record.guarantees.some(({ primary, standbys }) =>
    [primary, ...standbys].some((member) => slotOf(member) === slot),
  );
}

/** Since this coordinator heard agent or PostgreSQL; no longer than it has listened. */
function silentMs({ watchedMs, statusAgeMs, postgresAgeMs }: SlotEvidence): number {
  return Math.min(statusAgeMs ?? watchedMs, postgresAgeMs ?? watchedMs);
}
