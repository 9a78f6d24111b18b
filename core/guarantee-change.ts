import { guarantee, sameGuarantee, sameMembers, type Guarantee } from './guarantee';
import type { Member } from './member';

/** What the primary's agent sees of one possible standby. Ages in milliseconds, monotonic. */
export interface StandbyView {
  readonly member: Member;
  readonly streaming: boolean;
  /** How far its flush is behind the primary's write position, bytes. */
  readonly lagBytes: number;
  /** It has proved from its own WAL that it is on the recorded timeline. */
  readonly proved: boolean;
  /** How long its agent has not answered, or it has not streamed, whichever is longer; 0 while both are well. */
  readonly lostMs: number;
  /** It is about to go (its instance terminates): it leaves at once. */
  readonly leaving: boolean;
}

export interface GuaranteeLimits {
  readonly acks: number;
  readonly whenNoStandby: 'degrade' | 'block';
  readonly standbyLostMs: number;
  readonly lastStandbyLostMs: number;
  readonly caughtUpBytes: number;
}

/**
 * The next single step from `current` towards what the standbys allow, or undefined when it is there already.
 *
 * Members and acks never change in one step, except to or from 0 (protocol S2: no view shows that every walsender has
 * taken over both). So acks are lowered before members leave below them, and raised after members have come.
 */
export function nextGuarantee(
  current: Guarantee,
  standbys: readonly StandbyView[],
  limits: GuaranteeLimits,
): Guarantee | undefined {
  const { primary } = current;
  const members = wantedMembers(current, standbys, limits);
  if (members.length === 0) {
    if (limits.whenNoStandby === 'block' || current.acks === 0) return undefined;
    return guarantee(primary, [], 0);
  }
  const acks = Math.min(limits.acks, members.length);
  if (acks === 0) return current.acks === 0 ? undefined : guarantee(primary, [], 0);
  const wanted = guarantee(primary, members, acks);
  if (sameGuarantee(current, wanted)) return undefined;
  if (current.acks === 0) return wanted;
  if (current.acks === acks) return acks === 1 ? wanted : oneWay(current, wanted);
  if (sameMembers(current.standbys, wanted.standbys)) return wanted;
  // Both differ: lower acks first, or change the members first. There are enough of them for the lower number either way.
  if (current.acks > acks) return guarantee(primary, current.standbys, acks);
  const fewer = guarantee(primary, members, current.acks);
  return current.acks === 1 ? fewer : oneWay(current, fewer);
}

/** With more than one acknowledgement members first come and then go: an exchange would count both at once. */
function oneWay(current: Guarantee, wanted: Guarantee): Guarantee {
  const all = guarantee(current.primary, [...current.standbys, ...wanted.standbys], current.acks);
  return sameMembers(all.standbys, current.standbys) ? wanted : all;
}

function wantedMembers(
  current: Guarantee,
  standbys: readonly StandbyView[],
  limits: GuaranteeLimits,
): readonly Member[] {
  const joins = standbys.filter(
    (each) =>
      each.streaming && each.proved && !each.leaving && each.lostMs === 0 && each.lagBytes <= limits.caughtUpBytes,
  );
  const stays = current.standbys.filter((member) => {
    const view = standbys.find((each) => each.member === member);
    if (view === undefined || view.leaving) return false;
    return view.lostMs < limits.standbyLostMs;
  });
  const wanted = new Set([...joins.map((each) => each.member), ...stays]);
  if (wanted.size > 0) return [...wanted].sort();
  // The last ones get longer: without them only the primary itself can be elected.
  return current.standbys.filter((member) => {
    const view = standbys.find((each) => each.member === member);
    return view !== undefined && !view.leaving && view.lostMs < limits.lastStandbyLostMs;
  });
}
