import type { CoordinatorSnapshot, SlotEvidence } from './evidence';
import type { EndpointPlan } from './endpoints';
import type { Finding, FindingCode } from './finding';
import { bytesBetween, parseLsn } from './lsn';
import { slotOf } from './member';
import type { NodeStatus, PostgresStatus } from './status';

/**
 * What a coordinator sees and concludes, in brief: written into the register now and then for people, who reach the
 * register but not the nodes. Nobody acts on it.
 */
export interface CoordinatorView {
  /** Who wrote it: an invocation of the health checker, or the agent that stands in for it. */
  readonly by: string;
  /** The writer's wall clock, milliseconds since 1970. */
  readonly atMs: number;
  /** Version of the record that was judged; 0 when there was none. */
  readonly version: number;
  readonly findings: readonly ViewedFinding[];
  /** Why nothing is done, in the coordinator's words; absent while something is being done. */
  readonly waiting?: string;
  readonly slots: readonly SlotView[];
  /** Where the endpoints should lead; absent while there is no primary to lead to. */
  readonly endpoints?: EndpointView;
}

export interface EndpointView extends EndpointPlan {
  /** Whether Route 53 has confirmed that the writer's name leads there. */
  readonly writerInPlace: boolean;
}

export type ViewedFinding = Omit<Finding, 'slot' | 'code'> & {
  /** A {@link FindingCode}; text, because an older command line may read what a newer coordinator wrote. */
  readonly code: FindingCode | (string & {});
  readonly slot?: string;
};

/** One slot, as its agent last said. */
export interface SlotView {
  readonly slot: string;
  /** Milliseconds since the agent last answered; null when this coordinator has never heard it. All else is as of then. */
  readonly statusAgeMs: number | null;
  readonly instanceId?: string;
  readonly address?: string;
  readonly member?: string;
  readonly role: NodeStatus['role'];
  readonly healthy: boolean;
  /** Why it is not healthy. */
  readonly reason?: string;
  readonly activity: string;
  readonly leaving: boolean;
  readonly pledgedTerm: number;
  readonly postgres: PostgresStatus['state'];
  readonly streaming: boolean;
  readonly timeline?: number;
  /** Written by a primary, replayed by a standby. */
  readonly lsn?: string;
  /** How far it is behind the primary; absent when either position is unknown. */
  readonly lagBytes?: number;
}

export interface ViewInput {
  readonly by: string;
  readonly snapshot: CoordinatorSnapshot;
  readonly findings: readonly Finding[];
  readonly waiting: string | undefined;
  readonly endpoints: EndpointView | undefined;
}

export function viewOf({ by, snapshot, findings, waiting, endpoints }: ViewInput): CoordinatorView {
  const { record, slots, wallClockMs } = snapshot;
  const primary = record !== undefined && 'primary' in record ? slotOf(record.primary.member) : undefined;
  const written = slots.find(({ slot }) => slot === primary)?.status?.postgres.lsn ?? undefined;
  return {
    by,
    atMs: wallClockMs,
    version: record?.version ?? 0,
    findings: findings.map(({ code, slot, detail }) => ({ code, detail, ...(slot === undefined ? {} : { slot }) })),
    ...(waiting === undefined ? {} : { waiting }),
    slots: slots.map((each) => slotView(each, written)),
    ...(endpoints === undefined ? {} : { endpoints }),
  };
}

function slotView({ slot, status, statusAgeMs, report }: SlotEvidence, written: string | undefined): SlotView {
  if (status === undefined) {
    return {
      ...{ slot, statusAgeMs: null, role: 'none', healthy: false, activity: 'never heard', leaving: false },
      ...{ pledgedTerm: 0, postgres: 'absent', streaming: false },
      ...(report === undefined ? {} : { instanceId: report.instanceId, address: report.address }),
    };
  }
  const { postgres } = status;
  const lsn = postgres.lsn ?? undefined;
  const lagBytes =
    lsn === undefined || written === undefined ? undefined : bytesBetween(parseLsn(lsn), parseLsn(written));
  return {
    slot,
    statusAgeMs: statusAgeMs === null ? null : Math.round(statusAgeMs),
    instanceId: status.instanceId,
    address: status.address,
    ...(status.member === null ? {} : { member: status.member }),
    role: status.role,
    healthy: status.healthy,
    ...(status.reason === null ? {} : { reason: status.reason }),
    activity: status.activity,
    leaving: status.leaving,
    pledgedTerm: status.pledgedTerm,
    postgres: postgres.state,
    streaming: postgres.streaming,
    ...(postgres.timeline === null ? {} : { timeline: postgres.timeline }),
    ...(lsn === undefined ? {} : { lsn }),
    // Positions are not of one moment: a standby may seem to be ahead.
    ...(lagBytes === undefined ? {} : { lagBytes: Math.max(0, lagBytes) }),
  };
}

/** What of a view is worth telling at once; the rest (ages, positions) can wait for the next regular one. */
export function newsOf(view: CoordinatorView): string {
  return JSON.stringify([
    view.version,
    view.findings.map(({ code, slot }) => [code, slot]),
    view.waiting,
    view.slots.map((each) => [each.member, each.role, each.healthy, each.reason, each.activity, each.leaving]),
    view.endpoints,
  ]);
}
