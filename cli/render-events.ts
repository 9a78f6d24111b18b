import type { FailoverEvent } from '../core/event';
import type { Member } from '../core/member';
import { slotOf } from '../core/member';
import type { Operation } from '../core/operation';
import type { Colours } from './colours';
import { duration, instant, table, type Cell } from './format';

/** The history, the latest first: failovers with their steps, and what operators did. */
export function renderEvents(
  events: readonly FailoverEvent[],
  operations: readonly Operation[],
  { dim, yellow }: Colours,
): string {
  const rows = [
    ...events.map((event) => ({ atMs: event.convictedAtMs, cells: failoverCells(event, yellow) })),
    ...operations.map((operation) => ({ atMs: operation.atMs, cells: operationCells(operation) })),
  ].sort((left, right) => right.atMs - left.atMs);
  if (rows.length === 0) return 'Nothing has happened yet.\n';
  const headings = ['when (UTC)', 'term', 'what', 'why', 'detection', 'pledges', 'promotion', 'endpoint', 'in all'];
  return `${table(
    headings,
    rows.map(({ cells }) => cells),
    dim,
  )}\n`;
}

function failoverCells(event: FailoverEvent, yellow: (text: string) => string): readonly Cell[] {
  const { suspectedAtMs, convictedAtMs, chosenAtMs, promotedAtMs, flippedAtMs } = event;
  const span = (fromMs: number, toMs: number | undefined) =>
    toMs === undefined ? '-' : duration(Math.max(0, toMs - fromMs));
  const lossy = event.acceptedLoss === true;
  return [
    instant(convictedAtMs),
    String(event.term),
    `${slotOf(event.from as Member)} → ${slotOf(event.to as Member)}${lossy ? ', loss of data accepted' : ''}`,
    event.reason,
    span(suspectedAtMs, convictedAtMs),
    span(convictedAtMs, chosenAtMs),
    span(chosenAtMs, promotedAtMs),
    span(promotedAtMs, flippedAtMs),
    span(suspectedAtMs, promotedAtMs),
  ].map((text, at) => ({ text, ...(lossy && at === 2 ? { paint: yellow } : {}) }));
}

const DONE = {
  pause: 'automatic failover paused',
  resume: 'automatic failover resumed',
  switchover: 'switchover asked for',
  'accept-data-loss': 'loss of data accepted',
} as const satisfies Record<Operation['kind'], string>;

function operationCells({ atMs, term, kind, by, reason, slot }: Operation): readonly Cell[] {
  const what = `${DONE[kind]}${slot === undefined ? '' : ` (to ${slot})`}`;
  const why = reason === undefined ? `by ${by}` : `${reason} (${by})`;
  return [instant(atMs), String(term), what, why, '', '', '', '', ''].map((text) => ({ text }));
}
