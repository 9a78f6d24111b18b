import { mkdir, readFile, statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { walSizes } from '../../core/disk-space';
import type { Settings } from '../../core/settings';
import { run } from '../command';
import { onDisk } from '../disk';
import { readIfPresent, removeDurably, writeDurably } from '../durable';
import { confLine, megabytes } from './conf-text';
import type { PostgresContext } from './context';
import { PostgresRefused } from './errors';
import { writeRole } from './role';
import { withSession } from './session';

export { applyRole, reload, shown, writeRole, type Guard } from './role';

export interface BaseOutcome {
  /** Whether any file differs from what stood there: reload, or restart (`needsRestart`). */
  readonly changed: boolean;
  /** What PostgreSQL has against the owner's parameters; the ones written before stay. */
  readonly ownerRefused: string | null;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** Readable by PostgreSQL: nothing in these files is secret. */
const MODE = { mode: 0o644 };

/** Writes everything but the role: postgresql.conf, owner.conf, pg_hba.conf, pg_ident.conf. PostgreSQL may run or not. */
export async function writeBase(
  ctx: PostgresContext,
  clusterName: string,
  settings: Pick<Settings, 'parameters'>,
): Promise<BaseOutcome> {
  const { config } = ctx.layout;
  await onDisk(`Making ${config.directory}`, () => mkdir(config.directory, { recursive: true, mode: 0o755 }));
  if ((await readIfPresent(config.role)) === undefined) {
    await writeRole(ctx, { upstream: null, syncNames: { kind: 'sentinel' } });
  }
  const owner = await writeOwner(ctx, settings.parameters);
  const changes = [
    owner.changed,
    await writeIfChanged(config.postgresql, await postgresqlConf(ctx, clusterName)),
    await writeIfChanged(config.hba, await shipped(ctx, 'pg_hba.conf')),
    await writeIfChanged(config.ident, await shipped(ctx, 'pg_ident.conf')),
  ];
  return { changed: changes.includes(true), ownerRefused: owner.refused };
}

/** Names of changed parameters that wait for a restart (pg_settings.pending_restart). */
export async function needsRestart(ctx: PostgresContext): Promise<readonly string[]> {
  const rows = await withSession(ctx, { purpose: 'observe' }, (session) =>
    session.query('select name from pg_settings where pending_restart order by name'),
  );
  return rows.map((row) => String(row['name']));
}

const shippedFiles = new Map<string, string>();

/** A file of the bundle; read once, so that looking at the server needs no disk. */
export async function shipped(ctx: PostgresContext, name: string): Promise<string> {
  const path = join(ctx.layout.files, 'postgres', name);
  const text = shippedFiles.get(path) ?? (await readFile(path, 'utf8'));
  shippedFiles.set(path, text);
  return text;
}

async function postgresqlConf(ctx: PostgresContext, clusterName: string): Promise<string> {
  const { layout } = ctx;
  const { bsize, blocks } = await onDisk(`Measuring ${layout.volume}`, () => statfs(layout.volume));
  const wal = walSizes(bsize * blocks);
  // In a container or a control group the machine's memory is not all there for PostgreSQL.
  const memory = Math.min(totalmem(), process.constrainedMemory() || Infinity);
  return [
    confLine('shared_buffers', megabytes(memory / 4)),
    confLine('effective_cache_size', megabytes((memory * 3) / 4)),
    confLine('maintenance_work_mem', megabytes(Math.min(memory / 16, 2 * GIB))),
    confLine('max_wal_size', megabytes(wal.maxBytes)),
    confLine('min_wal_size', megabytes(wal.minBytes)),
    confLine('wal_keep_size', megabytes(wal.keepBytes)),
    '\n',
    await shipped(ctx, 'postgresql.conf'),
    '\n',
    confLine('max_slot_wal_keep_size', megabytes(wal.slotBytes)),
    confLine('cluster_name', clusterName),
    confLine('listen_addresses', ctx.listenAddresses),
    confLine('unix_socket_directories', layout.socketDirectory),
    confLine('hba_file', layout.config.hba),
    confLine('ident_file', layout.config.ident),
    confLine('ssl_ca_file', layout.tls.authority),
    confLine('ssl_cert_file', layout.tls.server.certificate),
    confLine('ssl_key_file', layout.tls.server.key),
    "include 'role.conf'\n",
    "include_if_exists 'space.conf'\n",
  ].join('');
}

/**
 * A value that PostgreSQL does not take would keep it from starting, and a reload from changing roles. So PostgreSQL
 * itself reads a candidate first, in a process that only prints a setting.
 */
async function writeOwner(
  ctx: PostgresContext,
  parameters: Readonly<Record<string, string>>,
): Promise<{ readonly changed: boolean; readonly refused: string | null }> {
  const { config } = ctx.layout;
  const text = Object.entries(parameters)
    .map(([name, value]) => confLine(parameterName(name), value))
    .join('');
  const current = await readIfPresent(config.owner);
  if (current === text) return { changed: false, refused: null };

  const candidate = `${config.owner}.candidate`;
  await writeDurably(candidate, text, MODE);
  try {
    const check = await run(
      join(ctx.binDirectory, 'postgres'),
      // It insists on a directory and reads nothing in it; the data directory may not be there yet.
      ['-D', config.directory, '-C', 'max_connections', '-c', `config_file=${candidate}`],
      { timeoutMs: 10_000, user: ctx.user },
    );
    if (check.code !== 0) {
      if (current === undefined) await writeDurably(config.owner, '', MODE);
      return { changed: current === undefined, refused: check.stderr.trim() };
    }
  } finally {
    await removeDurably(candidate);
  }
  await writeDurably(config.owner, text, MODE);
  return { changed: true, refused: null };
}

function parameterName(name: string): string {
  if (!/^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/.test(name)) {
    throw new PostgresRefused(`"${name}" is not the name of a PostgreSQL parameter.`);
  }
  return name;
}

async function writeIfChanged(path: string, text: string): Promise<boolean> {
  if ((await readIfPresent(path)) === text) return false;
  await writeDurably(path, text, MODE);
  return true;
}
