import { join } from 'node:path';
import { run, type CommandResult } from '../command';
import { conninfo, upstreamParameters } from './conf-text';
import type { PostgresContext, Upstream } from './context';
import { controlData, isCleanlyStopped } from './control';
import { PostgresError, PostgresRefused } from './errors';
import { writeRole } from './role';
import { emptyAutoConf, markStandby, startAndWait, stopToLastProcess } from './start';
import { forgetNotes } from './timelines';

export interface RewindOptions {
  readonly onProgress?: (text: string) => void;
  readonly signal?: AbortSignal;
}

const LONGEST_MS = 24 * 3600 * 1000;

/**
 * Rewinds the stopped data directory onto the primary's timeline, then marks it as a standby and empties
 * postgresql.auto.conf, which pg_rewind took from the source (protocol S7). If it was not stopped cleanly it is first
 * started and stopped as a standby that follows nobody.
 *
 * The caller has marked the directory as `rewinding`, durably, and takes the mark away only after this has resolved:
 * in between, pg_rewind has removed standby.signal, and a start would make a second primary.
 *
 * A dry run goes first. It does all but write, so what is wrong with the source or the network is found while the
 * directory is whole: PostgresError, and it may be tried again.
 *
 * @throws PostgresRefused when pg_rewind cannot, or stopped half-way: then only a clone helps.
 */
export async function rewind(
  ctx: PostgresContext,
  source: Upstream,
  options: RewindOptions = {},
): Promise<{ readonly rewound: boolean }> {
  await forgetNotes(ctx);
  await ensureCleanStop(ctx);
  const tried = await pgRewind(ctx, source, options, ['--dry-run']);
  if (tried.code !== 0) {
    if (isOfConnection(tried)) throw new PostgresError(`pg_rewind cannot reach its source: ${lastLine(tried.stderr)}`);
    throw new PostgresRefused(`pg_rewind cannot rewind: ${lastLine(tried.stderr)}`);
  }
  const result = await pgRewind(ctx, source, options, ['--progress']);
  if (result.code !== 0) throw new PostgresRefused(`pg_rewind stopped half-way: ${lastLine(result.stderr)}`);
  await markStandby(ctx);
  await emptyAutoConf(ctx);
  return { rewound: !`${result.stdout}${result.stderr}`.includes('no rewind required') };
}

async function ensureCleanStop(ctx: PostgresContext): Promise<void> {
  if (await ctx.service.hasProcess()) throw new PostgresRefused('PostgreSQL still has a process; stop it first.');
  const control = await controlData(ctx);
  if (control === undefined) throw new PostgresRefused('There is no data directory to rewind.');
  if (isCleanlyStopped(control)) return;
  await markStandby(ctx);
  await writeRole(ctx, { upstream: null, syncNames: { kind: 'sentinel' } });
  await startAndWait(ctx, { timeoutMs: 600_000 });
  const { clean } = await stopToLastProcess(ctx, { fastMs: 120_000, immediateMs: 5_000 });
  if (!clean) throw new PostgresError('PostgreSQL could not be stopped cleanly, which pg_rewind needs.');
}

async function pgRewind(
  ctx: PostgresContext,
  source: Upstream,
  options: RewindOptions,
  extra: readonly string[],
): Promise<CommandResult> {
  const { layout } = ctx;
  const parameters = upstreamParameters(layout, source, 'holdfast_rewind', layout.tls.replication.key);
  return run(
    join(ctx.binDirectory, 'pg_rewind'),
    [
      ...['--target-pgdata', layout.data],
      ...['--source-server', conninfo(parameters)],
      ...['--config-file', layout.config.postgresql],
      '--no-ensure-shutdown',
      // It flushes the whole directory: file by file that takes longer the more there are.
      ...['--sync-method', 'syncfs'],
      ...extra,
    ],
    {
      timeoutMs: LONGEST_MS,
      user: ctx.user,
      environment: { LC_ALL: 'C' },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.onProgress === undefined ? {} : { onStderr: options.onProgress }),
    },
  );
}

function isOfConnection(result: CommandResult): boolean {
  return /connection to server|could not translate host name|server closed the connection/.test(result.stderr);
}

function lastLine(text: string): string {
  return (
    text
      .trim()
      .split(/[\r\n]+/)
      .at(-1) ?? ''
  );
}
