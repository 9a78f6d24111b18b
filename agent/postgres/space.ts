import { ROLE } from '../../core/names';
import type { PostgresContext } from './context';
import { withSession } from './session';
import { until } from './wait';

const CHECKPOINT_TIMEOUT_MS = 600_000;

/**
 * Ends every transaction of an application that has written something, and returns when none is left. Before that it
 * waits until sessions have been told what follows from a full volume: a fresh one shows it, and the postmaster tells its
 * children in the same step. So none comes after those that are ended, but from those who ask for it.
 *
 * @throws PostgresTimeout when some come again and again
 */
export async function stopWriters(ctx: PostgresContext): Promise<void> {
  await until('a fresh session to show that the volume is full', {}, () =>
    withSession(ctx, { purpose: 'observe' }, async (session) => {
      const [row] = await session.query("select current_setting('holdfast.space', true) as space");
      return row?.['space'] === 'full';
    }),
  );
  await withSession(ctx, {}, (session) =>
    until('the last writing transaction to end', { timeoutMs: 2_000 }, async () => {
      const ended = await session.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where backend_type = 'client backend' and backend_xid is not null
           and usename not in ('${ROLE.agent}', '${ROLE.monitor}')`,
      );
      return ended.length === 0;
    }),
  );
}

/** WAL that no setting keeps any longer goes with a checkpoint; one that is under way or due soon is not waited for. */
export async function checkpoint(ctx: PostgresContext): Promise<void> {
  await withSession(ctx, { purpose: 'observe', queryTimeoutMs: CHECKPOINT_TIMEOUT_MS }, (session) =>
    session.query('checkpoint'),
  );
}
