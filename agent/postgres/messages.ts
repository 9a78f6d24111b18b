import type { Lsn } from '../../core/lsn';
import type { PostgresContext } from './context';
import { PostgresRefused } from './errors';

export interface MessageOptions {
  readonly timeoutMs?: number;
}

/** Writes and flushes a WAL message that waits for no standby; the position after it. The beat, the local write probe, and the marker of step 3 of a guarantee's change. */
export function emitLocal(_ctx: PostgresContext, _options?: MessageOptions): Promise<Lsn> {
  throw new PostgresRefused('not yet');
}

/** Commits a WAL message and waits for the quorum like any commit. @throws PostgresTimeout when the quorum does not answer in time */
export function emitSynchronous(_ctx: PostgresContext, _options?: MessageOptions): Promise<Lsn> {
  throw new PostgresRefused('not yet');
}
