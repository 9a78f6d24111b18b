import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Member } from '../../core/member';
import { run } from '../command';
import { onDisk } from '../disk';
import { conninfo, upstreamParameters } from './conf-text';
import type { PostgresContext, Upstream } from './context';
import { PostgresError } from './errors';
import { emptyAutoConf, markStandby } from './start';
import { forgetNotes } from './timelines';

export interface CloneOptions {
  /** pg_basebackup's own progress, for people. */
  readonly onProgress?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** A terabyte over a slow network. */
const LONGEST_MS = 48 * 3600 * 1000;

/**
 * Copies the primary into the absent or empty data directory, marked as a standby. Streams as `<member>_clone` through
 * a temporary slot, so it never counts as the member (protocol S8). An interrupted clone leaves an unusable directory:
 * the caller has marked it as `cloning` and removes or sets it aside.
 */
export async function clone(
  ctx: PostgresContext,
  source: Upstream,
  member: Member,
  options: CloneOptions = {},
): Promise<void> {
  const { layout, user } = ctx;
  await forgetNotes(ctx);
  await makeDataDirectory(ctx);
  const parameters = upstreamParameters(layout, source, `${member}_clone`, layout.tls.replication.key);
  const result = await run(
    join(ctx.binDirectory, 'pg_basebackup'),
    [
      ...['--pgdata', layout.data],
      ...['--dbname', conninfo(parameters)],
      ...['--checkpoint', 'fast'],
      ...['--wal-method', 'stream'],
      // One flush of the file system, instead of one for each file.
      ...['--sync-method', 'syncfs'],
      '--no-password',
      '--progress',
    ],
    {
      timeoutMs: LONGEST_MS,
      user,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.onProgress === undefined ? {} : { onStderr: options.onProgress }),
    },
  );
  if (result.code !== 0) throw new PostgresError(`pg_basebackup failed: ${lastLine(result.stderr)}`);
  await markStandby(ctx);
  await emptyAutoConf(ctx);
}

/** An empty directory that only PostgreSQL's user can read. */
export async function makeDataDirectory(ctx: PostgresContext): Promise<void> {
  const { data } = ctx.layout;
  await onDisk(`Making ${data}`, async () => {
    await mkdir(data, { recursive: true, mode: 0o700 });
    await chown(data, ctx.user.uid, ctx.user.gid);
  });
}

function lastLine(text: string): string {
  return (
    text
      .trim()
      .split(/[\r\n]+/)
      .at(-1) ?? ''
  );
}
