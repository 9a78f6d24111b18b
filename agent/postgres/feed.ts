import { join } from 'node:path';
import type { Lsn } from '../../core/lsn';
import { succeed } from '../command';
import { conninfo, upstreamParameters } from './conf-text';
import type { PostgresContext, Upstream } from './context';
import { PostgresError } from './errors';
import { segmentName } from './wal';

/**
 * Whether a primary still has the WAL segment that holds `lsn`, of whatever timeline. Without it a standby that ends
 * there can never stream from it: segments go oldest first, so what is gone does not come back.
 *
 * @throws CommandFailed when the primary does not answer, which says nothing.
 */
export async function hasSegmentOf(ctx: PostgresContext, primary: Upstream, lsn: Lsn): Promise<boolean> {
  const number = segmentName(0, lsn).slice(8);
  const found = await ask(
    ctx,
    primary,
    `select exists (select from pg_ls_dir('pg_wal', true, false) as file where file ~ '^[0-9A-F]{8}${number}$')`,
  );
  return found === 't';
}

/**
 * What a primary's databases take on its disk, without WAL: what a copy of it will take.
 *
 * @throws CommandFailed when it does not answer
 */
export async function sizeOf(ctx: PostgresContext, primary: Upstream): Promise<number> {
  const bytes = await ask(
    ctx,
    primary,
    `select coalesce(sum((pg_stat_file('base/' || database || '/' || file, true)).size), 0)
     from pg_ls_dir('base', true, false) as database, pg_ls_dir('base/' || database, true, false) as file`,
    60_000,
  );
  if (!/^\d+$/.test(bytes)) throw new PostgresError(`The size of the primary is "${bytes}".`);
  return Number(bytes);
}

async function ask(ctx: PostgresContext, primary: Upstream, query: string, timeoutMs = 5_000): Promise<string> {
  const { layout } = ctx;
  const parameters = upstreamParameters(layout, primary, 'holdfast_look', layout.tls.replication.key);
  const { stdout } = await succeed(
    join(ctx.binDirectory, 'psql'),
    [
      ...['--no-psqlrc', '--no-password', '--quiet', '--tuples-only', '--no-align'],
      ...['--dbname', conninfo(parameters)],
      ...['--command', query],
    ],
    { timeoutMs, user: ctx.user },
  );
  return stdout.trim();
}
