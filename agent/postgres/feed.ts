import { join } from 'node:path';
import type { Lsn } from '../../core/lsn';
import { succeed } from '../command';
import { conninfo, upstreamParameters } from './conf-text';
import type { PostgresContext, Upstream } from './context';
import { segmentName } from './wal';

/**
 * Whether a primary still has the WAL segment that holds `lsn`, of whatever timeline. Without it a standby that ends
 * there can never stream from it: segments go oldest first, so what is gone does not come back.
 *
 * @throws CommandFailed when the primary does not answer, which says nothing.
 */
export async function hasSegmentOf(ctx: PostgresContext, primary: Upstream, lsn: Lsn): Promise<boolean> {
  const { layout } = ctx;
  const parameters = upstreamParameters(layout, primary, 'holdfast_look', layout.tls.replication.key);
  const number = segmentName(0, lsn).slice(8);
  const { stdout } = await succeed(
    join(ctx.binDirectory, 'psql'),
    [
      ...['--no-psqlrc', '--no-password', '--quiet', '--tuples-only', '--no-align'],
      ...['--dbname', conninfo(parameters)],
      ...[
        '--command',
        `select exists (select from pg_ls_dir('pg_wal', true, false) as file where file ~ '^[0-9A-F]{8}${number}$')`,
      ],
    ],
    { timeoutMs: 5_000, user: ctx.user },
  );
  return stdout.trim() === 't';
}
