import type { Insert } from '../history';
import { tell, type Case, type Violation } from './case';
import { numbersOf } from './numbers';

/** Nothing acknowledged is lost: every server, once caught up, holds every acknowledged row. */
export function acknowledgedRowsStay({ history, finals }: Case): Violation[] {
  const acked = history.inserts.filter(({ outcome }) => outcome === 'ok');
  return finals.flatMap(({ host, rows }) => {
    const numbers = numbersOf(rows);
    return acked
      .filter(({ writer, n }) => !numbers(writer).has(n))
      .map((insert) => `${host} lacks the acknowledged ${tell(insert)}.`);
  });
}

/** Nothing comes from nowhere: every row read was sent before the read ended, and not refused. */
export function rowsWereSent({ history, finals }: Case): Violation[] {
  const sent = new Map<string, Map<number, Insert>>();
  for (const insert of history.inserts) {
    const own = sent.get(insert.writer) ?? new Map<number, Insert>();
    sent.set(insert.writer, own.set(insert.n, insert));
  }
  const reads = [
    ...history.scans.map(({ client, endMs, rows }) => ({
      by: `the scan of ${client} at ${endMs.toFixed(1)} ms`,
      endMs,
      rows,
    })),
    ...finals.map(({ host, rows }) => ({ by: `${host} in the end`, endMs: Infinity, rows })),
  ];
  return reads.flatMap(({ by, endMs, rows }) =>
    Object.keys(rows).flatMap((writer) =>
      [...numbersOf(rows)(writer)].flatMap((n) => {
        const insert = sent.get(writer)?.get(n);
        if (insert === undefined || insert.startMs > endMs)
          return [`Row ${n} of ${writer}, seen by ${by}, was not sent before.`];
        return insert.outcome === 'failed' ? [`${by} has the refused ${tell(insert)}.`] : [];
      }),
    ),
  );
}

/**
 * A server shows what its timeline has acknowledged before, and everything that any older timeline ever acknowledges:
 * that was in it when it was promoted, however late its answer arrived.
 */
export function scansShowWhatWasAcknowledged({ history }: Case): Violation[] {
  const acked = history.inserts.filter(({ outcome }) => outcome === 'ok');
  return history.scans.flatMap((scan) => {
    const numbers = numbersOf(scan.rows);
    const { timeline } = scan.server;
    return acked
      .filter(
        ({ server, endMs }) => server.timeline < timeline || (server.timeline === timeline && endMs < scan.startMs),
      )
      .filter(({ writer, n }) => !numbers(writer).has(n))
      .map(
        (insert) =>
          `The scan of ${scan.client} from ${scan.startMs.toFixed(1)} ms, on timeline ${timeline}, lacks the acknowledged ${tell(insert)}.`,
      );
  });
}

/** Every standby that has replayed as far holds what the primary held; what it has besides was unknown and came later. */
export function standbysHoldWhatThePrimaryHolds({ finals }: Case): Violation[] {
  const primary = finals.find(({ inRecovery }) => !inRecovery);
  if (primary === undefined) return [];
  return finals
    .filter((each) => each !== primary)
    .flatMap((standby) => {
      const numbers = numbersOf(standby.rows);
      return Object.keys(primary.rows).flatMap((writer) =>
        [...numbersOf(primary.rows)(writer)]
          .filter((n) => !numbers(writer).has(n))
          .map((n) => `${standby.host} lacks row ${n} of ${writer}, which the primary ${primary.host} has.`),
      );
    });
}
