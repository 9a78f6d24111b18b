import { join } from 'node:path';
import { escapeIdentifier } from 'pg';
import { ROLE } from '../../core/names';
import { succeed } from '../command';
import { makeDataDirectory } from './clone';
import { shipped } from './configuration';
import type { PostgresContext } from './context';
import { controlData } from './control';
import { PostgresError, PostgresRefused } from './errors';
import { writeRole } from './role';
import { verifierOf } from './scram';
import { withSession } from './session';
import { startAndWait } from './start';
import { forgetNotes } from './timelines';

/** The roles and the database that Holdfast makes. Passwords reach the server only as SCRAM verifiers. */
export interface Accounts {
  readonly databaseName: string;
  readonly masterUsername: string;
  readonly masterPassword: string;
  readonly monitorPassword: string;
  readonly extensions: readonly string[];
}

const INITDB_MS = 300_000;
/** Creating PostGIS writes a thousand functions. */
const STATEMENT_MS = 120_000;

/**
 * initdb into an absent data directory, then starts it as a primary on timeline 1 with the sentinel in force and makes
 * roles, database and extensions. `writeBase` must have been called.
 */
export async function initialize(ctx: PostgresContext, accounts: Accounts): Promise<{ readonly systemId: string }> {
  await initdb(ctx);
  await writeRole(ctx, { upstream: null, syncNames: { kind: 'sentinel' } });
  await startAndWait(ctx);
  await ensureAccounts(ctx, accounts);
  const control = await controlData(ctx);
  if (control === undefined) throw new PostgresError('initdb made no control file.');
  return { systemId: control.systemId };
}

/** Makes roles, database and extensions as they should be; may be repeated on a primary at any time. Its commits wait for no standby. */
export async function ensureAccounts(ctx: PostgresContext, accounts: Accounts): Promise<void> {
  const { databaseName, masterUsername } = accounts;
  await withSession(ctx, { queryTimeoutMs: STATEMENT_MS }, async (session) => {
    const standing = await session.query('select rolname, rolpassword from pg_authid');
    const verifier = (role: string, password: string): string =>
      verifierOf(
        password,
        standing.find((row) => row['rolname'] === role)?.['rolpassword'] as string | null | undefined,
      );
    const settings = {
      'holdfast.master': masterUsername,
      'holdfast.master_verifier': verifier(masterUsername, accounts.masterPassword),
      'holdfast.monitor': ROLE.monitor,
      'holdfast.monitor_verifier': verifier(ROLE.monitor, accounts.monitorPassword),
      'holdfast.replication': ROLE.replication,
    };
    for (const [name, value] of Object.entries(settings)) {
      await session.query('select set_config($1, $2, false)', [name, value]);
    }
    await session.query(await shipped(ctx, 'accounts.sql'));
    const found = await session.query('select from pg_database where datname = $1', [databaseName]);
    if (found.length === 0) {
      const database = escapeIdentifier(databaseName);
      await session.query(`create database ${database} owner ${escapeIdentifier(masterUsername)}`);
    }
  });
  await withSession(ctx, { database: databaseName, queryTimeoutMs: STATEMENT_MS }, async (session) => {
    // Where extensions go that name no schema of their own.
    await session.query('set search_path = public');
    for (const extension of accounts.extensions) {
      await session.query(`create extension if not exists ${escapeIdentifier(extension)} cascade`);
    }
  });
}

/**
 * UTF-8 with PostgreSQL's own C.UTF-8: its order is the same in every version of the operating system, so an index made
 * on one node is right on every other.
 */
async function initdb(ctx: PostgresContext): Promise<void> {
  if ((await controlData(ctx)) !== undefined) throw new PostgresRefused(`${ctx.layout.data} holds a database already.`);
  await forgetNotes(ctx);
  await makeDataDirectory(ctx);
  await succeed(
    join(ctx.binDirectory, 'initdb'),
    [
      ...['--pgdata', ctx.layout.data],
      ...['--username', ROLE.agent],
      ...['--encoding', 'UTF8'],
      ...['--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--locale', 'C.UTF-8'],
      '--data-checksums',
      ...['--auth', 'reject'],
      '--no-instructions',
    ],
    { timeoutMs: INITDB_MS, user: ctx.user },
  );
}
