import type { Random } from '../kernel/random';
import type { Delay } from '../postgres/machine';
import { FAULTS, type Fault } from './faults';

/**
 * What this life is like: some faults do not happen in it, others often. Of two histories with everything in them each
 * looks like the other; with these, each goes somewhere else.
 */
export function temper(random: Random): readonly Fault[] {
  const chosen = FAULTS.map((each) => ({ ...each, weight: each.weight * random.pick([0, 1, 1, 6]) }));
  return chosen.some(({ weight }) => weight > 0) ? chosen : FAULTS;
}

/** Processes that may be late again and again, and how often they then are. */
const SLUGGISH: Readonly<Partial<Record<Delay, number>>> = {
  checkpointer: 0.4,
  walsender: 0.05,
  startup: 0.4,
  receiver: 0.4,
  replay: 0.4,
  flush: 0.4,
  answer: 0.05,
  reload: 0.4,
};

/** Processes of PostgreSQL that are late again and again in this life, as a checkpointer is under load. */
export function sluggishness(random: Random): ReadonlyMap<Delay, number> {
  const all = Object.entries(SLUGGISH) as [Delay, number][];
  return new Map(all.filter(() => random.chance(0.12)));
}
