import type { History } from './history';

/** A time without any acknowledged write through a route: from the end of the last one to that of the next. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

export function lengthOf({ fromMs, toMs }: Gap): number {
  return toMs - fromMs;
}

/** The longest gap that begins after `fromMs` and before `toMs`; undefined with fewer than two acknowledged writes there. */
export function longestGap(
  { inserts }: Pick<History, 'inserts'>,
  route: string,
  fromMs = -Infinity,
  toMs = Infinity,
): Gap | undefined {
  const ends = inserts
    .filter((each) => each.route === route && each.outcome === 'ok' && each.endMs >= fromMs)
    .map(({ endMs }) => endMs)
    .sort((left, right) => left - right);
  let longest: Gap | undefined;
  for (const [index, from] of ends.entries()) {
    const to = ends[index + 1];
    if (to === undefined || from > toMs) break;
    if (longest === undefined || to - from > lengthOf(longest)) longest = { fromMs: from, toMs: to };
  }
  return longest;
}
