import type { Space } from './disk-space';
import { allMetBy } from './guarantee';
import type { StandbyView } from './guarantee-change';
import { slotOf, type Member, type Slot } from './member';
import type { SteadyRecord, Switchover } from './record';

/** What the primary's agent knows of a switchover in one beat. */
export interface HandOverView {
  /** Who could take over at once, the best first. */
  readonly heirs: readonly Member[];
  /** How long this process has seen the record ask for it; undefined while it does not. */
  readonly wishedForMs: number | undefined;
  /** Of the checkpoint that is made while clients still write, so that the stop is short. */
  readonly checkpoint: 'none' | 'under way' | 'done' | 'failed';
  /** The heir with ample space, while the own volume is nearly full; undefined otherwise. */
  readonly roomier?: Member;
  /** How long ago this process last asked to hand over for want of space; undefined when it never did. */
  readonly askedForRoomMs?: number;
}

export const NO_HAND_OVER: HandOverView = { heirs: [], wishedForMs: undefined, checkpoint: 'none' };

export interface HandOverLimits {
  readonly caughtUpBytes: number;
  /** Standbys that flush before a commit is acknowledged, as the owner chose. */
  readonly acks: number;
}

/**
 * The standbys to which this primary could hand over at once: those that stream on the recorded timeline, have caught up,
 * whose agents answer and which are not about to go themselves. Nobody, when all of them together could not finish an
 * election without the primary: stopping it would then be an outage for as long as it takes to come back.
 *
 * Only this keeps a switchover from costing availability. What it says may be out of date a moment later; the election
 * does not rest on it.
 */
export function heirsOf(
  record: SteadyRecord,
  standbys: readonly StandbyView[],
  limits: HandOverLimits,
): readonly Member[] {
  const ready = standbys.filter(
    (each) =>
      each.streaming && each.proved && !each.leaving && each.lostMs === 0 && each.lagBytes <= limits.caughtUpBytes,
  );
  const last = record.guarantees.at(-1);
  // With `acks: 0` by choice nobody is ever named. The primary's own pledge, after its clean stop, then meets the
  // guarantee, and it meets it for whoever has received all that the primary wrote.
  const isAloneByChoice = limits.acks === 0 && last?.acks === 0;
  if (!isAloneByChoice && !allMetBy(record.guarantees, new Set(ready.map(({ member }) => member)))) return [];
  return ready
    .filter(({ member }) => isAloneByChoice || last?.standbys.includes(member) === true)
    .sort((left, right) => left.lagBytes - right.lagBytes || (left.member < right.member ? -1 : 1))
    .map(({ member }) => member);
}

/**
 * To whom a primary hands over whose instance is to go. A redeploy takes slots from the last to the first
 * (docs/redeploy.md): one behind this slot is new already and stays, so it is preferred; else the first slot, which goes
 * last. So the role moves twice at most while all nodes are replaced.
 */
export function heirOfLeaving(own: Slot, heirs: readonly Member[]): Member | undefined {
  return heirs.find((each) => slotOf(each) > own) ?? [...heirs].sort()[0];
}

/**
 * To whom a primary hands over whose volume is nearly full, so that applications could only read there. Only to one with
 * ample space: where the data itself has grown, all volumes fill up alike, and nothing is gained by moving.
 */
export function roomierHeir(
  own: Space | undefined,
  heirs: readonly Member[],
  standbys: readonly StandbyView[],
): Member | undefined {
  if (own !== 'full') return undefined;
  return heirs.find((heir) => standbys.some(({ member, space }) => member === heir && space === 'ample'));
}

/** Who takes over: the one that is wanted, or the best; undefined while that one could not. */
export function heirFor({ to }: Switchover, heirs: readonly Member[]): Member | undefined {
  return to === undefined ? heirs[0] : heirs.find((each) => each === to);
}
