import type { Space } from './disk-space';
import type { Guarantee } from './guarantee';
import { GUARANTEE_STEPS, type GuaranteeAim, type GuaranteeStepId } from './guarantee-steps';
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
  /** On its volume; undefined while unknown. */
  readonly space?: Space;
}

export interface GuaranteeLimits {
  readonly acks: number;
  readonly whenNoStandby: 'degrade' | 'block';
  readonly standbyLostMs: number;
  readonly lastStandbyLostMs: number;
  readonly caughtUpBytes: number;
}

/** The next single step from `current` towards what the standbys allow, or undefined when it is there already. */
export function nextGuarantee(
  current: Guarantee,
  standbys: readonly StandbyView[],
  limits: GuaranteeLimits,
): Guarantee | undefined {
  return explainGuarantee(current, standbys, limits).next;
}

/** The same, with the step of {@link GUARANTEE_STEPS} that says so. */
export function explainGuarantee(
  current: Guarantee,
  standbys: readonly StandbyView[],
  limits: GuaranteeLimits,
): { readonly step: GuaranteeStepId; readonly next: Guarantee | undefined } {
  const members = wantedMembers(current, standbys, limits);
  const acks = Math.min(limits.acks, members.length);
  const aim: GuaranteeAim = { current, members, acks, whenNoStandby: limits.whenNoStandby };
  const step = GUARANTEE_STEPS.find(({ holds }) => holds === undefined || holds(aim));
  if (step === undefined) throw new Error('The last step holds always.');
  return { step: step.id, next: step.next(aim) };
}

/**
 * Whether enough of the standbys of `guarantee` are still there to confirm something. One that cannot settle must be
 * superseded by a further one beside it (protocol L5), or commits would wait for ever for a standby that is no more.
 */
export function canSettle(
  guarantee: Guarantee,
  standbys: readonly StandbyView[],
  limits: Pick<GuaranteeLimits, 'standbyLostMs'>,
): boolean {
  const there = guarantee.standbys.filter((member) =>
    standbys.some((each) => each.member === member && each.lostMs < limits.standbyLostMs),
  );
  return there.length >= guarantee.acks;
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
