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
}

export type Lineage = readonly LineageEntry[];

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

/**
 * Behind the fork: stream. Ahead of it, or off the chain: rewind. Nothing shared: clone.
 * A rewind discards, so the caller also asks {@link ./discard} first.
 */
export function wayOntoChain(lineage: Lineage, position: ChainPosition | undefined): Way {
  if (position === undefined) return 'clone';
  if (!position.onChain) return 'rewind';
  const next = lineage[position.index + 1];
  return next === undefined || position.lsn <= next.forkLsn ? 'stream' : 'rewind';
}

function isSame(entry: LineageEntry, ancestor: Ancestor): boolean {
  return (
    entry.timeline === ancestor.timeline &&
    entry.forkLsn === ancestor.forkLsn &&
    entry.firstRecord === ancestor.firstRecord
  );
}
