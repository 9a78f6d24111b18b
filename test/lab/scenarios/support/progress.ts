import { CREWS } from '../../../../lab/workload/client/crew';
import type { Entry } from '../../../../lab/workload/history';

/** What the clients have done so far, read off their history. All times are of the history's own clock. */

/** The clients that write rows. */
export const WRITERS: readonly string[] = CREWS.judged
  .filter(({ does }) => does === 'insert')
  .flatMap(({ route, count }) => Array.from({ length: count }, (_, index) => `${route}/insert-${index + 1}`));

/** A wall clock's time on the history's own clock; later than everything while the history has not begun. */
export function onItsClock(entries: readonly Entry[], epochMs: number): number {
  const [first] = entries;
  return first?.kind === 'begin' ? epochMs - first.epochMs : Infinity;
}

/** Whether every client has an acknowledged row that was sent since then. */
export function everyClientWrites(entries: readonly Entry[], sinceMs: number): boolean {
  return writersSince(entries, sinceMs).size === WRITERS.length;
}

/** Whether every client lost its connection since then, and wrote after that. */
export function everyClientReconnected(entries: readonly Entry[], sinceMs: number): boolean {
  return WRITERS.every((client) => {
    const lost = entries.find((each) => each.kind === 'lost' && each.client === client && each.atMs >= sinceMs);
    return lost?.kind === 'lost' && writersSince(entries, lost.atMs).has(client);
  });
}

/** When the last row was acknowledged; undefined while there is none. */
export function lastAcknowledgedMs(entries: readonly Entry[]): number | undefined {
  const ends = entries.flatMap((each) => (each.kind === 'insert' && each.outcome === 'ok' ? [each.endMs] : []));
  return ends.reduce<number | undefined>((latest, end) => Math.max(latest ?? end, end), undefined);
}

/** The clients with an acknowledged row that was sent since then. */
function writersSince(entries: readonly Entry[], sinceMs: number): Set<string> {
  return new Set(
    entries.flatMap((each) =>
      each.kind === 'insert' && each.outcome === 'ok' && each.startMs >= sinceMs ? [each.client] : [],
    ),
  );
}
