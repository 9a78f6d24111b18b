import { slotOf, type Slot } from './member';
import type { Policy } from './policy';
import type { ClusterRecord } from './record';
import { STAND_IN_RULES, type StandInRuleId } from './stand-in-rules';
import type { NodeStatus } from './status';

export { STAND_IN_RULES, type StandInRuleId } from './stand-in-rules';

/** What another agent says of itself, while it is fresh. */
export type OtherAgent = Pick<NodeStatus, 'slot' | 'role' | 'coordinating'>;

/** What one agent knows when it asks itself whether to coordinate. Ages are by its own monotonic clock, milliseconds. */
export interface StandInView {
  readonly policy: Policy;
  readonly slot: Slot;
  readonly role: NodeStatus['role'];
  /** Its instance is about to go. */
  readonly leaving: boolean;
  readonly isCoordinating: boolean;
  /** A failover that its coordinator has seen is under way, or not told to its end. */
  readonly isBusy: boolean;
  /** As this agent trusts it: the last one seen. */
  readonly record: ClusterRecord | undefined;
  /** Since the register last answered its agent; null: never. */
  readonly recordAgeMs: number | null;
  /** How long this agent has seen the record in its term and phase. */
  readonly phaseAgeMs: number;
  /** How long it has seen the health checker's beat stand still, reading it all along; null: not known. */
  readonly beatStillMs: number | null;
  /** Own standby: since WAL last arrived; null: no evidence. */
  readonly fedAgeMs: number | null;
  /** Since the agent of each slot last answered, the others' only; a slot that never did is not in it. */
  readonly heardAgeMs: ReadonlyMap<Slot, number>;
  /** Those that answer. */
  readonly others: readonly OtherAgent[];
}

export interface StandInDecision {
  readonly rule: StandInRuleId;
  readonly coordinates: boolean;
}

/**
 * Whether this agent coordinates now. Nothing here is about safety: any number of coordinators may run, each with its
 * own view, and each needs the same evidence to convict. It is about there being one, and seldom more.
 */
export function standIn(view: StandInView): StandInDecision {
  const rule = ruleFor(view);
  return { rule, coordinates: STAND_IN_RULES[rule].does === 'coordinates' };
}

function ruleFor(view: StandInView): StandInRuleId {
  const { policy, isCoordinating, beatStillMs } = view;
  if (view.recordAgeMs === null || view.recordAgeMs > policy.coordinatorSilentMs) return 'S1-register-unread';
  if (view.leaving) return 'S2-leaving';
  const before = view.others.filter((other) => comesBefore(other, view));
  if (isUnseen(view)) return 'S3-unseen';
  if (isStuck(view)) return 'S4-stuck';
  if (isCoordinating && view.isBusy) return 'S5-under-way';
  if (beatStillMs === null || beatStillMs < policy.coordinatorSilentMs) return 'S6-health-checker-beats';
  if (before.some((other) => other.coordinating === true)) return 'S7-another-one';
  const turnMs = policy.coordinatorSilentMs + before.length * policy.standInStepMs;
  return !isCoordinating && beatStillMs < turnMs ? 'S8-not-its-turn' : 'S9-silent';
}

/** An agent that was never heard is silent too: this convicts nobody, it only makes one look. */
function isUnseen({ policy, role, record, fedAgeMs, heardAgeMs }: StandInView): boolean {
  if (record?.phase !== 'steady' || role !== 'standby') return false;
  const silentMs = heardAgeMs.get(slotOf(record.primary.member)) ?? Infinity;
  return fedAgeMs !== null && fedAgeMs >= policy.unseenMs && silentMs >= policy.unseenMs;
}

function isStuck({ policy, record, phaseAgeMs }: StandInView): boolean {
  return (record?.phase === 'electing' || record?.phase === 'promoting') && phaseAgeMs >= policy.electionStuckMs;
}

function comesBefore(other: OtherAgent, own: Pick<StandInView, 'slot' | 'role'>): boolean {
  const [theirs, mine] = [other.role === 'standby', own.role === 'standby'];
  return theirs === mine ? other.slot < own.slot : theirs;
}
