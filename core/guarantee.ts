import type { Member } from './member';

/**
 * A guarantee says: every commit acknowledged by `primary` is flushed on it and on at least `acks` of `standbys`.
 * The record holds a list: one at rest, more during a change. Every acknowledged commit is covered by at least one of
 * the list, and nobody knows by which, so an election satisfies all of them.
 *
 * `acks: 0` has no standbys. It is the degraded guarantee: only `primary` itself can then be elected.
 */
export interface Guarantee {
  readonly primary: Member;
  /** Sorted, without duplicates, never holding `primary`. */
  readonly standbys: readonly Member[];
  /** 0 ≤ acks ≤ standbys.length; 0 exactly when `standbys` is empty. */
  readonly acks: number;
}

/** Builds the normal form. @throws Error when no such guarantee can exist. */
export function guarantee(primary: Member, standbys: readonly Member[], acks: number): Guarantee {
  const sorted = [...new Set(standbys)].sort();
  if (sorted.includes(primary)) throw new Error(`The primary ${primary} cannot be its own standby.`);
  if (!Number.isInteger(acks) || acks < 0 || acks > sorted.length) {
    throw new Error(
      `acks is ${acks}; with ${sorted.length} standbys it must be a whole number from 0 to ${sorted.length}.`,
    );
  }
  return acks === 0 ? { primary, standbys: [], acks: 0 } : { primary, standbys: sorted, acks };
}

export function sameGuarantee(left: Guarantee, right: Guarantee): boolean {
  return left.primary === right.primary && left.acks === right.acks && sameMembers(left.standbys, right.standbys);
}

export function sameMembers(left: readonly Member[], right: readonly Member[]): boolean {
  return left.length === right.length && left.every((member) => right.includes(member));
}

export function names(guarantee: Guarantee, member: Member): boolean {
  return guarantee.primary === member || guarantee.standbys.includes(member);
}

/**
 * Whether every commit covered by `guarantee` is on at least one member of `present`.
 *
 * Why: the acknowledged commit is on the primary, and on some `acks` of n standbys. Any n − acks + 1 standbys meet
 * every such set in at least one member (pigeonhole). So the primary alone suffices, or that many standbys.
 */
export function isMetBy(guarantee: Guarantee, present: ReadonlySet<Member>): boolean {
  if (present.has(guarantee.primary)) return true;
  if (guarantee.acks === 0) return false;
  const here = guarantee.standbys.filter((standby) => present.has(standby)).length;
  return here >= guarantee.standbys.length - guarantee.acks + 1;
}

export function allMetBy(guarantees: readonly Guarantee[], present: ReadonlySet<Member>): boolean {
  return guarantees.every((each) => isMetBy(each, present));
}
