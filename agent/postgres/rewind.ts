import type { PostgresContext, Upstream } from './context';
import { PostgresRefused } from './errors';

export interface RewindOptions {
  readonly onProgress?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Rewinds the stopped data directory onto the primary's timeline, then marks it as a standby and empties
 * postgresql.auto.conf, which pg_rewind took from the source (protocol S7). If it was not stopped cleanly it is first
 * started and stopped as a standby that follows nobody.
 *
 * The caller has marked the directory as `rewinding`, durably, and takes the mark away only after this has resolved.
 *
 * @throws PostgresRefused when pg_rewind cannot: then only a clone helps.
 */
export function rewind(
  _ctx: PostgresContext,
  _source: Upstream,
  _options?: RewindOptions,
): Promise<{ readonly rewound: boolean }> {
  throw new PostgresRefused('not yet');
}
