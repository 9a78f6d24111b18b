import * as z from 'zod';
import type { Ancestor, LineageEntry } from '../../core/lineage';
import { formatLsn } from '../../core/lsn';
import { lsn, member, positive } from './scalars';

/** Empty only for initdb's timeline, which has no END_OF_RECOVERY record. */
const firstRecord = z.string();

const entry = z.object({
  timeline: positive,
  term: positive,
  member,
  forkLsn: lsn,
  firstRecord,
  lossy: z.literal(true).exactOptional(),
});
const ancestor = z.object({ timeline: positive, forkLsn: lsn, firstRecord });

const ASCENDING = 'expected at least one timeline, oldest first, each number once';

function ascending(entries: readonly { readonly timeline: number }[]): boolean {
  return (
    entries.length > 0 && entries.every((each, at) => at === 0 || each.timeline > (entries[at - 1]?.timeline ?? 0))
  );
}

export const lineage = z.array(entry).refine(ascending, ASCENDING);
export const ancestry = z.array(ancestor).refine(ascending, ASCENDING);

export function encodeEntry(entry: LineageEntry) {
  return { ...entry, forkLsn: formatLsn(entry.forkLsn) };
}

export function encodeAncestor(ancestor: Ancestor) {
  return { ...ancestor, forkLsn: formatLsn(ancestor.forkLsn) };
}
