/** An operation on one register, between two times in which it took effect at one moment. */
export interface RegisterWrite {
  readonly value: string;
  readonly startMs: number;
  /** Infinity when it is not known whether, or when, it took effect. */
  readonly endMs: number;
}

export interface RegisterRead {
  readonly value: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** A value's life as its operations prove it: in force from `first` to `last`, or at some moment between the two. */
interface Zone {
  readonly value: string;
  /** The earliest end of an operation with this value. */
  readonly finish: number;
  /** The latest start of one. */
  readonly start: number;
}

/**
 * Whether a register on which every value is written once behaved as if each operation had happened at one moment
 * within its time. Exact, and in n log n: Gibbons and Korach, "Testing shared memories", SIAM J. Comput. 26 (1997).
 * A value's operations fill a zone. A zone in which one operation ends before another starts is *forward*: the value was
 * surely in force all through it. Otherwise it is *backward*: all its operations overlap, and fit into one moment of it.
 * The history is right exactly when no read precedes its write, no two forward zones overlap, and no backward zone
 * lies within a forward one. Gives one sentence for each conflict; values that were read but never written are left out.
 */
export function conflicts(initial: string, writes: readonly RegisterWrite[], reads: readonly RegisterRead[]): string[] {
  const all = [{ value: initial, startMs: -Infinity, endMs: -Infinity }, ...writes];
  const byValue = group(reads);
  const zones: Zone[] = [];
  const found: string[] = [];
  for (const write of all) {
    const own = byValue.get(write.value) ?? [];
    const early = own.find(({ endMs }) => endMs < write.startMs);
    if (early !== undefined)
      found.push(`"${write.value}" was read at ${at(early.endMs)}, before it was written at ${at(write.startMs)}.`);
    // Of unknown effect and never seen: it may as well never have happened.
    if (own.length === 0 && write.endMs === Infinity) continue;
    const operations = [write, ...own];
    zones.push({
      value: write.value,
      finish: Math.min(...operations.map(({ endMs }) => endMs)),
      start: Math.max(...operations.map(({ startMs }) => startMs)),
    });
  }
  return [...found, ...zoneConflicts(zones)];
}

function zoneConflicts(zones: readonly Zone[]): string[] {
  const forward = zones.filter(({ finish, start }) => finish < start).sort((left, right) => left.finish - right.finish);
  const backward = zones.filter(({ finish, start }) => finish >= start).sort((left, right) => left.start - right.start);
  return [...overlaps(forward), ...inclusions(forward, backward)];
}

function overlaps(forward: readonly Zone[]): string[] {
  const found: string[] = [];
  // The one that reaches furthest so far overlaps the next one, if any of them does.
  let furthest: Zone | undefined;
  for (const zone of forward) {
    if (furthest !== undefined && zone.finish < furthest.start)
      found.push(`${inForce(furthest)}, and ${inForce(zone)}.`);
    furthest = further(furthest, zone);
  }
  return found;
}

function inclusions(forward: readonly Zone[], backward: readonly Zone[]): string[] {
  const found: string[] = [];
  let furthest: Zone | undefined;
  let next = 0;
  for (const zone of backward) {
    for (let each = forward[next]; each !== undefined && each.finish < zone.start; each = forward[(next += 1)]) {
      furthest = further(furthest, each);
    }
    if (furthest === undefined || zone.finish >= furthest.start) continue;
    found.push(
      `"${zone.value}" took effect between ${at(zone.start)} and ${at(zone.finish)}, and yet ${inForce(furthest)}.`,
    );
  }
  return found;
}

function further(one: Zone | undefined, other: Zone): Zone {
  return one !== undefined && one.start >= other.start ? one : other;
}

function inForce({ value, finish, start }: Zone): string {
  return `"${value}" was in force from ${at(finish)} to ${at(start)}`;
}

function group(reads: readonly RegisterRead[]): Map<string, RegisterRead[]> {
  const groups = new Map<string, RegisterRead[]>();
  for (const read of reads) {
    const own = groups.get(read.value);
    if (own === undefined) groups.set(read.value, [read]);
    else own.push(read);
  }
  return groups;
}

function at(ms: number): string {
  return Number.isFinite(ms) ? `${ms.toFixed(1)} ms` : ms < 0 ? 'the beginning' : 'an unknown time';
}
