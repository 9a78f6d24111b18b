import type { Ancestor } from '../../core/lineage';
import type { PostgresContext } from './context';
import { PostgresRefused } from './errors';

/** `firstRecord` of a timeline of which nothing here tells: equal to no recorded one. */
export const UNKNOWN_FIRST_RECORD = 'unknown';

/**
 * The timelines that the data went through, oldest first, ending with `timeline` (the server's own unless told). From
 * the history file; first records from the notes, else from the WAL, and noted then.
 */
export function ancestry(_ctx: PostgresContext, _timeline?: number): Promise<readonly Ancestor[]> {
  throw new PostgresRefused('not yet');
}

/** After a clone or a rewind: the notes are the recorded lineage of the source. */
export function replaceNotes(_ctx: PostgresContext, _ancestors: readonly Ancestor[]): Promise<void> {
  throw new PostgresRefused('not yet');
}

/** Writes comment-only history files for every number between the server's timeline and `timeline`, so that a promotion makes exactly that one. */
export function reserveTimelines(_ctx: PostgresContext, _timeline: number): Promise<void> {
  throw new PostgresRefused('not yet');
}

/** Removes reserved history files that are newer than the newest real one: with them PostgreSQL would not start, nor follow. */
export function releaseTimelines(_ctx: PostgresContext): Promise<void> {
  throw new PostgresRefused('not yet');
}
