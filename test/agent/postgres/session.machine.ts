import { writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Client } from 'pg';
import {
  PostgresDown,
  PostgresFrozen,
  PostgresSessionLost,
  PostgresSqlError,
  PostgresStarting,
} from '../../../agent/postgres/errors';
import { observe } from '../../../agent/postgres/observe';
import { terminateOwnOthers, withSession } from '../../../agent/postgres/session';
import { markStandby, startAndWait, stopToLastProcess, unmarkStandby } from '../../../agent/postgres/start';
import { until } from '../../../agent/postgres/wait';
import { PORT } from '../../../core/names';
import { frozen, TestCluster, type TestNode } from './support/cluster';

jest.setTimeout(60_000);

const STOP = { fastMs: 10_000, immediateMs: 5_000 };

describe('a fresh session, and what it says of the server', () => {
  let cluster: TestCluster;
  let a: TestNode;

  beforeAll(async () => {
    cluster = await TestCluster.create();
    a = await cluster.addPrimary('a', { statement_timeout: '50ms', default_transaction_read_only: 'on' });
  });

  afterAll(() => cluster.end());

  function ask(sql: string, options = {}): Promise<unknown> {
    return withSession(a.ctx, options, (session) => session.query(sql));
  }

  test('goes by its own settings, not by those of the owner', async () => {
    await ask('select pg_sleep(0.2)');
    await ask('create table public.made_by_the_agent ()');
    await expect(ask('show synchronous_commit')).resolves.toEqual([{ synchronous_commit: 'local' }]);
    await expect(ask('show synchronous_commit', { synchronous: true })).resolves.toEqual([
      { synchronous_commit: 'on' },
    ]);
  });

  test('runs no program of an application', async () => {
    await ask(`create function public.refuse() returns event_trigger language plpgsql as
      $$ begin raise exception 'nobody may connect'; end $$`);
    await ask('create event trigger refuse on login execute function public.refuse()');
    await ask('select');
    await ask('drop event trigger refuse');
  });

  test('an error of SQL is an answer', async () => {
    await expect(ask('select 1/0')).rejects.toThrow(PostgresSqlError);
    await expect(ask('select 1/0')).rejects.toMatchObject({ code: '22012' });
    await expect(ask('select', { database: 'nowhere' })).rejects.toMatchObject({ code: '3D000' });
  });

  test('clients that take every connection do not keep it out', async () => {
    const clients: Client[] = [];
    for (;;) {
      const client = await a.connect().catch(() => undefined);
      if (client === undefined) break;
      clients.push(client);
    }
    expect(clients.length).toBeGreaterThan(10);
    await ask('select');
    expect((await observe(a.ctx)).state).toBe('up');
    for (const client of clients) await client.end();
  });

  test('a stopped postmaster is frozen, not down, and the look at it ends', async () => {
    const thaw = frozen((await a.service.mainPid()) ?? 0);
    await expect(ask('select', { connectTimeoutMs: 200 })).rejects.toThrow(PostgresFrozen);
    expect(await observe(a.ctx, { connectTimeoutMs: 200 })).toMatchObject({ state: 'frozen' });
    thaw();
    expect((await observe(a.ctx)).state).toBe('up');
  });

  test('a stopped postmaster that has no room for another connection is frozen as well', async () => {
    const thaw = frozen((await a.service.mainPid()) ?? 0);
    const waiting: Socket[] = [];
    const path = join(a.ctx.layout.socketDirectory, `.s.PGSQL.${PORT.client}`);
    for (let refused = false; !refused;) {
      const socket = connect(path);
      waiting.push(socket);
      refused = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(false)).once('error', () => resolve(true));
      });
    }
    expect(await observe(a.ctx)).toMatchObject({
      state: 'frozen',
      reason: expect.stringContaining('EAGAIN') as unknown,
    });
    for (const socket of waiting) socket.destroy();
    thaw();
    await a.answering();
  });

  test('a statement without an answer is given up, and what goes on of it is ended before a pledge', async () => {
    const sleeping = (): Promise<unknown> => ask("select from pg_stat_activity where wait_event = 'PgSleep'");
    await expect(ask('select pg_sleep(30)', { queryTimeoutMs: 200 })).rejects.toThrow(PostgresFrozen);
    expect(await sleeping()).toHaveLength(1);
    await withSession(a.ctx, {}, (session) => terminateOwnOthers(session));
    expect(await sleeping()).toHaveLength(0);
  });

  test('a lock held by an application is an answer as well', async () => {
    const client = await a.connect();
    await client.query('begin read write');
    await client.query('lock table public.t');
    const asked = ask('select * from public.t', { database: 'app', queryTimeoutMs: 5_000 });
    await expect(asked).rejects.toMatchObject({ code: '55P03' });
    await client.end();
  });

  test('ended under its statement it is lost', async () => {
    const asked = expect(ask('select pg_sleep(30)', { queryTimeoutMs: 20_000 })).rejects.toThrow(PostgresSessionLost);
    await until('it to sleep', {}, async () => {
      const ended = (await ask(
        "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'",
      )) as unknown[];
      return ended.length === 1;
    });
    await asked;
  });

  test('ends other sessions of the agent that may act, and none that only looks (S10)', async () => {
    const acting = expect(ask('select pg_sleep(30)', { queryTimeoutMs: 20_000 })).rejects.toThrow(PostgresSessionLost);
    const looking = ask('select pg_sleep(1)', { purpose: 'observe', queryTimeoutMs: 20_000 });
    await until('both to sleep', {}, async () => {
      return ((await ask("select from pg_stat_activity where wait_event = 'PgSleep'")) as unknown[]).length === 2;
    });
    await withSession(a.ctx, {}, (session) => terminateOwnOthers(session));
    await acting;
    await looking;
  });

  test('down, starting and absent are told apart', async () => {
    await stopToLastProcess(a.ctx, STOP);
    await expect(ask('select')).rejects.toThrow(PostgresDown);
    expect(await observe(a.ctx)).toEqual({ state: 'down' });

    // A standby that looks for a timeline that nobody made recovers for ever.
    await markStandby(a.ctx);
    await writeFile(join(a.ctx.layout.data, 'pg_wal', '00000002.history'), '# reserved by holdfast\n', { mode: 0o644 });
    await a.service.start();
    await until('it to answer that it starts', {}, async () => (await observe(a.ctx)).state === 'starting');
    await expect(ask('select')).rejects.toThrow(PostgresStarting);
    await stopToLastProcess(a.ctx, STOP);
    await unmarkStandby(a.ctx);
    await startAndWait(a.ctx);

    const nobody = await cluster.addNode('n');
    expect(await observe(nobody.ctx)).toEqual({ state: 'absent' });
  });
});
