import { bytesBetween, parseLsn } from '../../core/lsn';
import type { NodeStatus } from '../../core/status';
import type { MachineState, RegionInstance } from '../ports';
import type { SlotReport } from './api';

/** What was seen of a slot in one look. */
export interface Sight {
  readonly instance?: RegionInstance;
  readonly machine?: MachineState | undefined;
  /** Its agent's page; without one, `trouble` says why. */
  readonly page?: NodeStatus;
  readonly trouble?: string;
  /** Faults in force on its machine. */
  readonly faults: readonly string[];
}

/** One slot of the status. `primaryLsn`: what the primary has written, to measure the lag from. */
export function slotReport(slot: string, sight: Sight | undefined, primaryLsn: string | undefined): SlotReport {
  const { instance, machine, page, trouble, faults = [] } = sight ?? {};
  const reason = trouble ?? page?.reason ?? (page?.healthy === true ? undefined : page?.activity);
  const lsn = page?.postgres.lsn ?? undefined;
  const role: SlotReport['role'] = page?.role ?? 'unknown';
  return defined({
    slot,
    instanceId: instance?.instanceId,
    lifecycleState: instance?.lifecycleState,
    address: instance?.address,
    member: page?.member ?? undefined,
    role,
    healthy: page?.healthy ?? false,
    reason,
    activity: page?.activity,
    coordinating: page?.coordinating,
    timeline: page?.postgres.timeline ?? undefined,
    lsn,
    lagBytes:
      lsn === undefined || primaryLsn === undefined ? undefined : bytesBetween(parseLsn(lsn), parseLsn(primaryLsn)),
    leaderPid: machine?.leaderPid,
    namespace: machine?.namespace,
    faults,
  });
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Without the properties that are undefined: JSON has none of them either. */
function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Defined<T>;
}
