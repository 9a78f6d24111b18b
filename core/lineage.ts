import type { Lsn } from './lsn';
import type { Member } from './member';

/**
 * The recorded timelines, oldest first: the one chain that acknowledged writes form. Timeline 1 is initdb's; a
 * promotion in term T makes timeline T, so no number is ever used twice.
 */
export interface LineageEntry {
  readonly timeline: number;
  /** The term whose promotion made it; 1 for initdb. */
  readonly term: number;
  /** Who made it. */
  readonly member: Member;
  /** Where it leaves the timeline before it; 0/0 for the first. */
  readonly forkLsn: Lsn;
  /**
   * Identity of its first record: the time in END_OF_RECOVERY as pg_waldump prints it. Equal numbers and equal
   * history files prove nothing (protocol S6); two promotions never share this. Empty for initdb's timeline, which
   * the system identifier identifies.
   */
  readonly firstRecord: string;
  /**
   * An operator accepted loss for this promotion: the timeline before it may hold acknowledged commits behind `forkLsn`.
   * A member that ends there may hold the only copy of them.
   */
  readonly lossy?: true;
}

export type Lineage = readonly LineageEntry[];

/** `firstRecord` of a timeline of which nothing tells any more: equal to no recorded one. */
export const UNKNOWN_FIRST_RECORD = 'unknown';

/**
 * Whether each timeline is known by its first record. Where one is not, the member would be placed where that timeline
 * begins, however far it is: too low, so that what it acknowledged would not count.
 */
export function isIdentified(ancestry: readonly Ancestor[]): boolean {
  return ancestry.every(({ firstRecord }) => firstRecord !== UNKNOWN_FIRST_RECORD);
}

/** What a member's own WAL and notes say of the timelines its data went through, oldest first. */
export interface Ancestor {
  readonly timeline: number;
  readonly forkLsn: Lsn;
  readonly firstRecord: string;
}

/**
 * How far a member is along the recorded chain: the index of the last entry it shares, then the position on it.
 * `onChain` is false when its data goes on over a timeline that the chain does not have; `lsn` is then where it leaves.
 */
export interface ChainPosition {
  readonly index: number;
  readonly lsn: Lsn;
  readonly onChain: boolean;
}

/**
 * Places a member's end of WAL on the recorded chain. Undefined when it shares not even the first timeline: then
 * nothing about it is provable.
 *
 * `ancestry` ends with the timeline that `endLsn` lies on.
 */
export function placeOnChain(lineage: Lineage, ancestry: readonly Ancestor[], endLsn: Lsn): ChainPosition | undefined {
  let index = -1;
  for (const [at, ancestor] of ancestry.entries()) {
    const entry = lineage[at];
    if (entry === undefined || !isSame(entry, ancestor)) {
      if (index < 0) return undefined;
      // Its timeline is not recorded: only what lies before the point of leaving is on the chain.
      return { index, lsn: ancestor.forkLsn < endLsn ? ancestor.forkLsn : endLsn, onChain: false };
    }
    index = at;
  }
  return index < 0 ? undefined : { index, lsn: endLsn, onChain: true };
}

export function comparePositions(left: ChainPosition, right: ChainPosition): number {
  if (left.index !== right.index) return left.index - right.index;
  if (left.lsn !== right.lsn) return left.lsn < right.lsn ? -1 : 1;
  return 0;
}

/** How a member whose data ends at `position` gets onto the chain's tip. */
export type Way = 'stream' | 'rewind' | 'clone';

/** One row: the way of a member for which the condition holds and no row above it does. */
export interface WayRule {
  readonly id: `W${number}-${string}`;
  /** The condition in words. */
  readonly when: string;
  /** Absent in the last row. `next` is the entry after the one that the member is placed on, if there is one. */
  readonly holds?: (position: ChainPosition | undefined, next: LineageEntry | undefined) => boolean;
  readonly way: Way;
  readonly why: string;
}

export const WAYS: readonly WayRule[] = [
  {
    id: 'W1-nothing-shared',
    when: 'it shares not even the first timeline',
    holds: (position) => position === undefined,
    way: 'clone',
    why: 'nothing about it is provable',
  },
  {
    id: 'W5-past-lossy-fork',
    when: 'the chain goes on with a timeline for which loss was accepted, and it ends behind that fork or off the chain',
    holds: isGivenUp,
    way: 'clone',
    why: 'it may hold the only copy of acknowledged commits: its directory is set aside whole, and a rewind would overwrite it',
  },
  {
    id: 'W2-off-chain',
    when: 'its data goes on over a timeline that the chain does not have',
    holds: (position) => position?.onChain === false,
    way: 'rewind',
    why: 'nothing acknowledged is on a timeline that the chain lacks',
  },
  {
    id: 'W3-past-fork',
    when: 'it ends behind the point where the chain leaves its timeline',
    holds: (position, next) => position !== undefined && next !== undefined && position.lsn > next.forkLsn,
    way: 'rewind',
    why: 'the tail was written by a primary that was superseded, and every acknowledged commit lies before it',
  },
  {
    id: 'W4-on-chain',
    when: 'otherwise: it ends on the chain, at the fork or before it, or on the tip',
    way: 'stream',
    why: 'all that it holds is on the chain',
  },
];

/** Whether W5 holds: what this member has may have been acknowledged, and the chain does without it. */
export function isPastLossyFork(lineage: Lineage, position: ChainPosition | undefined): boolean {
  return position !== undefined && isGivenUp(position, lineage[position.index + 1]);
}

function isGivenUp(position: ChainPosition | undefined, next: LineageEntry | undefined): boolean {
  return position !== undefined && next?.lossy === true && (!position.onChain || position.lsn > next.forkLsn);
}

/** A rewind discards, so the caller also asks {@link ./discard} first. */
export function wayOntoChain(lineage: Lineage, position: ChainPosition | undefined): Way {
  const next = position === undefined ? undefined : lineage[position.index + 1];
  const rule = WAYS.find(({ holds }) => holds === undefined || holds(position, next));
  if (rule === undefined) throw new Error('The last way holds always.');
  return rule.way;
}

function isSame(entry: LineageEntry, ancestor: Ancestor): boolean {
  return (
    entry.timeline === ancestor.timeline &&
    entry.forkLsn === ancestor.forkLsn &&
    entry.firstRecord === ancestor.firstRecord
  );
}
