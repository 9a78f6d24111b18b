import type { FailoverEvent } from '../../core/event';
import type { RouteName } from '../workload/client/crew';
import { lengthOf, longestGap, type Gap } from '../workload/gaps';
import type { History } from '../workload/history';

/** What can be done to the primary again and again. */
export const BENCH_FAULTS = ['power-off', 'kill-postgres', 'switchover'] as const;
export type BenchFault = (typeof BENCH_FAULTS)[number];

/** When it was done, by the wall clock, and to whom. */
export interface Strike {
  readonly atMs: number;
  readonly slot: string;
}

/** One failover, in milliseconds. */
export interface Measured {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  /** By route: from the last acknowledged write to the next one. */
  readonly gapMs: Readonly<Record<RouteName, number>>;
  readonly split: Split;
}

/** Where the time goes, from the coordinator's record of the failover. */
export interface Split {
  /** From the last acknowledged write of any client to the conviction. */
  readonly detectionMs: number;
  /** Until enough standbys had pledged and one was chosen. */
  readonly pledgeMs: number;
  /** Until the promotion stood in the register. */
  readonly promotionMs: number;
  /**
   * Until a write through the multi-host DSN was acknowledged: the new quorum follows, clients are let in, find the new
   * primary and connect. The endpoint's share runs beside it.
   */
  readonly serviceMs: number;
  /** From the promotion until the writer record was flipped; the clients' resolver answers it a little later. */
  readonly endpointMs: number;
}

export const SPLIT_PARTS = [
  'detectionMs',
  'pledgeMs',
  'promotionMs',
  'serviceMs',
  'endpointMs',
] as const satisfies (keyof Split)[];

/** The last write may have been acknowledged this long before, and the clocks are one. */
const SLACK_MS = 1_000;

/** What each of them cost. @throws Error when one caused no failover, or one that was never finished */
export function measure(
  history: Pick<History, 'epochMs' | 'inserts'>,
  events: readonly FailoverEvent[],
  strikes: readonly Strike[],
): Measured[] {
  return strikes.map(({ atMs, slot }, index) => {
    const nextMs = strikes[index + 1]?.atMs ?? Infinity;
    const own = events.filter(({ convictedAtMs }) => convictedAtMs >= atMs && convictedAtMs < nextMs);
    const last = own.reduce<FailoverEvent | undefined>(
      (one, other) => (one && one.term > other.term ? one : other),
      undefined,
    );
    if (last === undefined) throw new Error(`What was done to ${slot} caused no failover that is on record.`);
    const gapOf = (route: RouteName): Gap => {
      const { epochMs } = history;
      const gap = longestGap(history, route, atMs - SLACK_MS - epochMs, last.convictedAtMs - epochMs);
      if (gap === undefined) throw new Error(`Nobody wrote through ${route} after what was done to ${slot}.`);
      return gap;
    };
    const gaps = { dsn: gapOf('dsn'), 'dsn-in-turn': gapOf('dsn-in-turn'), writer: gapOf('writer') };
    const lastWriteMs = history.epochMs + Math.max(...Object.values(gaps).map(({ fromMs }) => fromMs));
    return {
      from: last.from,
      to: last.to,
      reason: last.reason,
      gapMs: { dsn: lengthOf(gaps.dsn), 'dsn-in-turn': lengthOf(gaps['dsn-in-turn']), writer: lengthOf(gaps.writer) },
      split: splitOf(last, lastWriteMs, history.epochMs + gaps.dsn.toMs),
    };
  });
}

function splitOf(event: FailoverEvent, lastWriteMs: number, nextWriteMs: number): Split {
  const { convictedAtMs, chosenAtMs, promotedAtMs, flippedAtMs } = event;
  if (flippedAtMs === undefined) throw new Error(`The writer record was not flipped in term ${event.term}.`);
  return {
    detectionMs: convictedAtMs - lastWriteMs,
    pledgeMs: chosenAtMs - convictedAtMs,
    promotionMs: promotedAtMs - chosenAtMs,
    serviceMs: nextWriteMs - promotedAtMs,
    endpointMs: flippedAtMs - promotedAtMs,
  };
}
