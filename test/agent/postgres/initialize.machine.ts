import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Client } from 'pg';
import { ensureAccounts, initialize } from '../../../agent/postgres/initialize';
import { PORT, ROLE } from '../../../core/names';
import { ACCOUNTS, TestCluster, type TestNode } from './support/cluster';

jest.setTimeout(120_000);

describe('a new database', () => {
  let cluster: TestCluster;
  let a: TestNode;

  beforeAll(async () => {
    cluster = await TestCluster.create();
    a = await cluster.addPrimary('a', { log_statement: 'all', log_min_duration_statement: '0' });
  });

  afterAll(() => cluster.end());

  test('has the owner’s role and database, and the health checker’s role', async () => {
    const app = await a.connect();
    expect((await app.query('select current_user, current_database()')).rows).toEqual([
      { current_user: 'app', current_database: 'app' },
    ]);
    await app.query('create schema own');
    await app.query('create role reporting');
    await app.query('select count(*) from pg_stat_replication');
    await expect(app.query('create role boss superuser')).rejects.toThrow(/permission denied/);
    // Whoever can stream WAL can answer to a member's name.
    await expect(app.query('alter role app replication')).rejects.toThrow(/permission denied/);
    await app.end();

    const monitor = await a.connect(ROLE.monitor, ACCOUNTS.monitorPassword);
    await monitor.query("select pg_logical_emit_message(true, 'holdfast', '', true)");
    await expect(monitor.query('create table public.x ()')).rejects.toThrow(/permission denied/);
    await monitor.end();
  });

  test('is ordered by PostgreSQL’s own rules, the same on every node', async () => {
    const rows = await a.sql(
      "select datlocprovider as provider, datlocale as locale, pg_encoding_to_char(encoding) as encoding from pg_database where datname = 'app'",
    );
    expect(rows).toEqual([{ provider: 'b', locale: 'C.UTF-8', encoding: 'UTF8' }]);
  });

  test('has no password in its log', async () => {
    await ensureAccounts(a.ctx, ACCOUNTS);
    const log = await a.log();
    expect(log).toContain('holdfast.master_verifier');
    expect(log).not.toContain(ACCOUNTS.masterPassword);
    expect(log).not.toContain(ACCOUNTS.monitorPassword);
  });

  test('lets nobody in but by the ways that are meant', async () => {
    const ca = await readFile(a.ctx.layout.tls.authority, 'utf8');
    const common = {
      host: a.upstream.address,
      port: PORT.client,
      database: 'app',
      user: 'app',
      password: ACCOUNTS.masterPassword,
    };
    const refused = async (config: object, reason: RegExp): Promise<void> => {
      const client = new Client({ ...common, ...config });
      client.on('error', () => undefined);
      await expect(client.connect()).rejects.toThrow(reason);
    };
    const ssl = { ca, servername: a.upstream.host };
    await refused({}, /no pg_hba.conf entry .* no encryption/);
    await refused({ ssl, password: 'wrong' }, /password authentication failed/);
    await refused({ ssl, user: 'postgres', password: 'x' }, /pg_hba.conf rejects connection/);
    await refused(
      { ssl, user: ROLE.replication, password: 'x', database: 'postgres' },
      /requires a valid client certificate/,
    );
    const key = await readFile(a.ctx.layout.tls.replication.key, 'utf8');
    const cert = await readFile(a.ctx.layout.tls.replication.certificate, 'utf8');
    await refused({ ssl: { ...ssl, key, cert }, user: ROLE.replication }, /pg_hba.conf rejects connection/);
    await refused({ ssl: { ca: 'none', servername: 'x' } }, /certificate|PEM|self-signed/i);
    // By the name that is in the certificate, and by no other.
    await refused({ ssl: { ca, servername: 'b.test.internal' } }, /Hostname\/IP does not match/);
  });

  test('made again is refused; accounts made again change with what they are given', async () => {
    await expect(initialize(a.ctx, ACCOUNTS)).rejects.toThrow(/holds a database already/);
    const verifiers = () => a.sql('select rolname, rolpassword from pg_authid order by rolname');
    const before = await verifiers();
    await ensureAccounts(a.ctx, ACCOUNTS);
    expect(await verifiers()).toEqual(before);
    await ensureAccounts(a.ctx, {
      ...ACCOUNTS,
      masterPassword: 'rotated',
      extensions: ['postgis', 'pg_trgm', 'uuid-ossp'],
    });
    const app = await a.connect('app', 'rotated');
    expect((await app.query('select st_x(st_makepoint(1, 2)) as x')).rows).toEqual([{ x: 1 }]);
    await app.end();
    await expect(a.connect()).rejects.toThrow(/password authentication failed/);
    await ensureAccounts(a.ctx, ACCOUNTS);
  });
});
