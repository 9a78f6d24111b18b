import { guarantee, sameGuarantee, sameMembers, type Guarantee } from './guarantee';
import type { Member } from './member';

/** Where the primary's guarantee is, and where the standbys would let it go. */
export interface GuaranteeAim {
  readonly current: Guarantee;
  /** Who should be named; sorted. */
  readonly members: readonly Member[];
  /** How many of them should confirm; never more than there are. */
  readonly acks: number;
  readonly whenNoStandby: 'degrade' | 'block';
}

export type GuaranteeStepId = `G${number}-${string}`;

/** One row: the step that is taken when the condition holds and no row above it does. */
export interface GuaranteeStep {
  readonly id: GuaranteeStepId;
  /** The condition in words. */
  readonly when: string;
  /** Absent in the last row. */
  readonly holds?: (aim: GuaranteeAim) => boolean;
  /** The step in words. */
  readonly does: string;
  /** Undefined: it rests. */
  readonly next: (aim: GuaranteeAim) => Guarantee | undefined;
  readonly why: string;
}

const rest = (): undefined => undefined;
const wanted = ({ current, members, acks }: GuaranteeAim): Guarantee => guarantee(current.primary, members, acks);
const alone = ({ current }: GuaranteeAim): Guarantee => guarantee(current.primary, [], 0);

/**
 * How a guarantee changes, one step at a time.
 *
 * Members and acks never change in one step, except to or from 0 (protocol S2: no view shows that every walsender has
 * taken over both). So acks are lowered before members leave below them, and raised after members have come.
 */
export const GUARANTEE_STEPS: readonly GuaranteeStep[] = [
  {
    id: 'G1-block',
    when: 'no standby may be named, and the policy is `block`',
    holds: ({ members, whenNoStandby }) => members.length === 0 && whenNoStandby === 'block',
    does: 'rests',
    next: rest,
    why: 'commits wait until a standby is back',
  },
  {
    id: 'G2-alone',
    when: 'nobody has to confirm, and that is what is recorded',
    holds: ({ acks, current }) => acks === 0 && current.acks === 0,
    does: 'rests',
    next: rest,
    why: 'there is nothing to change',
  },
  {
    id: 'G3-degrade',
    when: 'nobody has to confirm: no standby may be named, or `acks` of the settings is 0',
    holds: ({ acks }) => acks === 0,
    does: 'acks 0',
    next: alone,
    why: 'from here on no election is finished without this primary: it costs availability later, never data',
  },
  {
    id: 'G4-settled',
    when: 'members and acks are as they should be',
    holds: (aim) => sameGuarantee(aim.current, wanted(aim)),
    does: 'rests',
    next: rest,
    why: 'there is nothing to change',
  },
  {
    id: 'G5-from-alone',
    when: 'so far nobody had to confirm',
    holds: ({ current }) => current.acks === 0,
    does: 'members and acks together',
    next: wanted,
    why: 'out of acks 0 the way leads through a name that nobody answers to, so no mixture is ever in force',
  },
  {
    id: 'G6-exchange',
    when: 'other members, acks 1 as before',
    holds: ({ current, acks }) => current.acks === acks && acks === 1,
    does: 'members come and go together',
    next: wanted,
    why: 'one confirmation is enough, and each standby belongs to one of the two guarantees',
  },
  {
    id: 'G7-come-then-go',
    when: 'other members, more acks than 1, as many as before',
    holds: ({ current, acks }) => current.acks === acks,
    does: 'members come; when all have come, members go',
    next: (aim) => oneWay(aim.current, wanted(aim)),
    why: 'in an exchange one that leaves and one that comes could confirm a commit together, which neither guarantee covers',
  },
  {
    id: 'G8-number',
    when: 'the same members, other acks',
    holds: ({ current, members }) => sameMembers(current.standbys, members),
    does: 'acks',
    next: wanted,
    why: 'the number changes alone',
  },
  {
    id: 'G9-lower-first',
    when: 'other members, fewer acks',
    holds: ({ current, acks }) => current.acks > acks,
    does: 'acks',
    next: ({ current, acks }) => guarantee(current.primary, current.standbys, acks),
    why: 'afterwards members may leave',
  },
  {
    id: 'G10-exchange-first',
    when: 'other members, more acks, 1 so far',
    holds: ({ current }) => current.acks === 1,
    does: 'members come and go together',
    next: ({ current, members }) => guarantee(current.primary, members, current.acks),
    why: 'as G6; the number is raised when they are there',
  },
  {
    id: 'G11-members-first',
    when: 'otherwise: other members, more acks',
    does: 'members come; when all have come, members go',
    next: ({ current, members }) => oneWay(current, guarantee(current.primary, members, current.acks)),
    why: 'as G7; the number is raised when they are there',
  },
];

/** With more than one acknowledgement members first come and then go: an exchange would count both at once. */
function oneWay(current: Guarantee, wanted: Guarantee): Guarantee {
  const all = guarantee(current.primary, [...current.standbys, ...wanted.standbys], current.acks);
  return sameMembers(all.standbys, current.standbys) ? wanted : all;
}
