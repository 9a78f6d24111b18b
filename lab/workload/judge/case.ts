import type { FinalRead, Get, History, Insert, Put } from '../history';

/** What is judged: a complete history, and what every server holds afterwards. */
export interface Case {
  readonly history: History;
  readonly finals: readonly FinalRead[];
}

/** One thing that must not be, as a sentence with everything needed to find it in the history. */
export type Violation = string;

/** Written, and answered only after a quorum had it; or read together with such a write. */
export type Acknowledged = Insert | Put | Get;

export function acknowledged({ inserts, puts, gets }: History): Acknowledged[] {
  return [
    ...inserts.filter(({ outcome }) => outcome === 'ok'),
    ...puts.filter(({ outcome }) => outcome === 'ok'),
    ...gets.filter(({ synchronous }) => synchronous),
  ];
}

/** "insert 7 of dsn/insert-1 [1003.2, 1009.8 ms, 10.0.1.5 on timeline 2]" */
export function tell(operation: Acknowledged): string {
  const { startMs, endMs, server, client } = operation;
  const what =
    operation.kind === 'insert' ? `insert ${operation.n}` : `${operation.kind} ${operation.key}="${operation.value}"`;
  return `${what} of ${client} [${startMs.toFixed(1)}, ${endMs.toFixed(1)} ms, ${server.address} on timeline ${server.timeline}]`;
}
