import { randomBytes } from 'node:crypto';
import { readdir, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { onDisk } from '../disk';
import { flushDirectory, readIfPresent, removeDurably, writeDurably } from '../durable';
import { roleConf, roleText, type RoleText } from './conf-text';
import type { PostgresContext, RoleSettings } from './context';
import { PostgresTimeout } from './errors';
import { Mutex } from './mutex';
import { withActing, withSession, type Session } from './session';
import { until, type WaitOptions } from './wait';

/** Asked under the lock right before role.conf is replaced; throws to refuse: re-reads the pledge (protocol S10). */
export type Guard = () => Promise<void>;

/**
 * The key that primary_conninfo names is a link made for one upstream, with a name never used again. Taking it away
 * revokes: a WAL receiver that is being started, or was told the old primary_conninfo and is not yet to be seen
 * anywhere, finds no key and cannot connect (protocol S3).
 */
const KEY_LINK = /^upstream-[0-9a-f]{16}\.key$/;

const locks = new Map<string, Mutex>();

/** Replaces role.conf durably. PostgreSQL knows of it after {@link reload} or its next start. */
export async function writeRole(ctx: PostgresContext, role: RoleSettings, guard?: Guard): Promise<void> {
  await replaceRole(ctx, role, guard);
}

/** Tells the postmaster to read its configuration. Proves nothing; see {@link applyRole}. */
export async function reload(ctx: PostgresContext, through?: Session): Promise<void> {
  await withActing(ctx, through, (session) => session.query('select pg_reload_conf()'));
}

export interface ApplyOptions extends WaitOptions {
  readonly guard?: Guard;
  /** An `act` session that is open already. */
  readonly through?: Session;
}

/** The setting's value in a fresh session, which is the postmaster's. */
export async function shown(ctx: PostgresContext, name: string): Promise<string> {
  return withSession(ctx, { purpose: 'observe' }, async (session) => {
    const [row] = await session.query('select current_setting($1) as value', [name]);
    return String(row?.['value']);
  });
}

/**
 * {@link writeRole}, {@link reload}, and waits until a fresh session shows it: the postmaster signals its children in
 * the same step in which it reads the files, so then every process of the server has been told.
 *
 * @throws PostgresTimeout
 */
export async function applyRole(ctx: PostgresContext, role: RoleSettings, options: ApplyOptions = {}): Promise<void> {
  const text = await replaceRole(ctx, role, options.guard);
  await reload(ctx, options.through);
  try {
    await until('a fresh session to show the new role', options, () =>
      withSession(ctx, { purpose: 'observe' }, (session) => shows(session, text)),
    );
  } catch (error) {
    if (error instanceof PostgresTimeout) throw await explained(ctx, error);
    throw error;
  }
}

/** Whether the key that a primary_conninfo names has been taken away: nobody can connect with it any more. */
export async function isRevoked(ctx: PostgresContext, primaryConninfo: string): Promise<boolean> {
  const key = /\bsslkey='([^']*)'/.exec(primaryConninfo)?.[1];
  return key !== undefined && !(await keyLinks(ctx)).includes(basename(key));
}

async function replaceRole(ctx: PostgresContext, role: RoleSettings, guard?: Guard): Promise<RoleText> {
  return lockOf(ctx).run(async () => {
    const { directory, role: path } = ctx.layout.config;
    const current = await readIfPresent(path);
    const links = await keyLinks(ctx);
    await guard?.();
    if (role.upstream === null) {
      await removeLinks(ctx, links);
    } else if (links[0] !== undefined && links.length === 1) {
      // The same upstream as before: a new key would only interrupt the stream.
      const unchanged = roleText(ctx.layout, role, join(directory, links[0]));
      if (current === roleConf(role, unchanged)) return unchanged;
    }
    const link = role.upstream === null ? '' : await makeLink(ctx);
    const text = roleText(ctx.layout, role, link);
    await writeDurably(path, roleConf(role, text), { mode: 0o644 });
    if (role.upstream !== null) await removeLinks(ctx, links);
    return text;
  });
}

async function makeLink(ctx: PostgresContext): Promise<string> {
  const { directory } = ctx.layout.config;
  const link = join(directory, `upstream-${randomBytes(8).toString('hex')}.key`);
  await onDisk(`Linking ${link}`, async () => {
    await symlink(ctx.layout.tls.replication.key, link);
    await flushDirectory(directory);
  });
  return link;
}

async function keyLinks(ctx: PostgresContext): Promise<readonly string[]> {
  const { directory } = ctx.layout.config;
  const names = await onDisk(`Listing ${directory}`, () => readdir(directory));
  return names.filter((name) => KEY_LINK.test(name));
}

async function removeLinks(ctx: PostgresContext, links: readonly string[]): Promise<void> {
  for (const link of links) await removeDurably(join(ctx.layout.config.directory, link));
}

async function shows(session: Session, text: RoleText): Promise<boolean> {
  const [row] = await session.query(
    `select current_setting('primary_conninfo') as conninfo, current_setting('primary_slot_name') as slot,
       current_setting('synchronous_standby_names') as names`,
  );
  return (
    row?.['conninfo'] === text.primaryConninfo &&
    row['slot'] === text.primarySlotName &&
    row['names'] === text.synchronousStandbyNames
  );
}

/** PostgreSQL takes nothing from files in which it finds an error; its own words tell which. */
async function explained(ctx: PostgresContext, timeout: PostgresTimeout): Promise<PostgresTimeout> {
  try {
    const errors = await withSession(ctx, { purpose: 'observe' }, (session) =>
      session.query('select sourcefile, sourceline, error from pg_file_settings where error is not null'),
    );
    const lines = errors.map((row) => [row['sourcefile'], row['sourceline'], row['error']].map(String).join(': '));
    return lines.length === 0 ? timeout : new PostgresTimeout(`${timeout.message} ${lines.join('; ')}`);
  } catch (cause) {
    return new PostgresTimeout(timeout.message, { cause });
  }
}

function lockOf(ctx: PostgresContext): Mutex {
  const path = ctx.layout.config.role;
  const lock = locks.get(path) ?? new Mutex();
  locks.set(path, lock);
  return lock;
}
