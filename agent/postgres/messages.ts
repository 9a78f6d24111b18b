import { parseLsn, type Lsn } from '../../core/lsn';
import { MESSAGE_PREFIX } from '../../core/names';
import type { PostgresContext } from './context';
import { PostgresFrozen, PostgresTimeout } from './errors';
import { QUERY_TIMEOUT_MS, withSession, type Session } from './session';

export interface MessageOptions {
  readonly timeoutMs?: number;
}

/** Writes and flushes a WAL message that waits for no standby; the position after it. The beat, the local write probe, and the marker of step 3 of a guarantee's change. */
export async function emitLocal(ctx: PostgresContext, options: MessageOptions = {}): Promise<Lsn> {
  return withSession(ctx, { purpose: 'observe', queryTimeoutMs: options.timeoutMs ?? QUERY_TIMEOUT_MS }, (session) =>
    emit(session, 'flushed'),
  );
}

/** Commits a WAL message and waits for the quorum like any commit. @throws PostgresTimeout when the quorum does not answer in time */
export async function emitSynchronous(ctx: PostgresContext, options: MessageOptions = {}): Promise<Lsn> {
  const timeoutMs = options.timeoutMs ?? QUERY_TIMEOUT_MS;
  let pid: number | undefined;
  try {
    return await withSession(ctx, { purpose: 'observe', synchronous: true, queryTimeoutMs: timeoutMs }, (session) => {
      pid = session.pid;
      return emit(session, 'committed');
    });
  } catch (error) {
    if (!(error instanceof PostgresFrozen) || pid === undefined) throw error;
    // A backend that waits for the quorum does not notice that nobody listens: one more would be left at each probe.
    await endSession(ctx, pid);
    throw new PostgresTimeout(`No quorum confirmed a commit within ${timeoutMs} ms.`, { cause: error });
  }
}

/** Ends one backend. Its commit stays, unconfirmed. */
export async function endSession(ctx: PostgresContext, pid: number): Promise<void> {
  await withSession(ctx, {}, (session) => session.query('select pg_terminate_backend($1)', [pid]));
}

/** `committed`: in a transaction, whose commit waits as its session says. `flushed`: on its own, to the disk. */
export async function emit(session: Session, how: 'flushed' | 'committed'): Promise<Lsn> {
  const [row] = await session.query('select pg_logical_emit_message($1, $2, $3, true) as lsn', [
    how === 'committed',
    MESSAGE_PREFIX,
    '',
  ]);
  return parseLsn(String(row?.['lsn']));
}
