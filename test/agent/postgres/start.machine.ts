import { spawn } from 'node:child_process';
import { access, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { PostgresRefused, PostgresSqlError } from '../../../agent/postgres/errors';
import { writeRole } from '../../../agent/postgres/role';
import {
  isMarkedStandby,
  markStandby,
  prepareStart,
  startAndWait,
  stopToLastProcess,
  unmarkStandby,
} from '../../../agent/postgres/start';
import { TestCluster, type TestNode } from './support/cluster';
import { sendSignal } from './support/direct-service';

jest.setTimeout(60_000);

const STOP = { fastMs: 10_000, immediateMs: 5_000 };
const KILL = { fastMs: 0, immediateMs: 0 };

describe('starting and stopping', () => {
  let cluster: TestCluster;
  let a: TestNode;

  beforeEach(async () => {
    cluster = await TestCluster.create();
    a = await cluster.addPrimary('a');
  });

  afterEach(() => cluster.end());

  test('a marked directory starts as a standby only, whatever stopped it (S9)', async () => {
    await stopToLastProcess(a.ctx, KILL);
    await markStandby(a.ctx);
    await writeRole(a.ctx, { upstream: null, syncNames: { kind: 'sentinel' } });
    expect(await isMarkedStandby(a.ctx)).toBe(true);
    await startAndWait(a.ctx);
    await expect(a.sql('create table public.u ()')).rejects.toThrow(PostgresSqlError);
    expect(await stopToLastProcess(a.ctx, STOP)).toEqual({ clean: true });
    // As a unit of the package or an operator would start it, without the agent.
    await a.service.start();
    await a.answering();
    expect((await a.up()).inRecovery).toBe(true);
  });

  test('the mark is the server’s own file, so that PostgreSQL can take it away at a promotion', async () => {
    await markStandby(a.ctx);
    const { uid } = await stat(join(a.ctx.layout.data, 'standby.signal'));
    expect(uid).toBe(a.ctx.user.uid);
    await unmarkStandby(a.ctx);
    expect(await isMarkedStandby(a.ctx)).toBe(false);
  });

  test('a stop goes on to the last process, orphans of a killed postmaster included (S9)', async () => {
    const client = await a.connect();
    const backends = await a.sql("select pid from pg_stat_activity where usename = 'app'");
    const pid = Number(backends[0]?.['pid']);
    sendSignal(pid, 'SIGSTOP');
    sendSignal((await a.service.mainPid()) ?? 0, 'SIGKILL');
    expect(await stopToLastProcess(a.ctx, { fastMs: 200, immediateMs: 200 })).toEqual({ clean: false });
    expect(await a.service.processes()).toEqual([]);
    await client.end().catch(() => undefined);
  });

  test('a frozen postmaster does not hold up the stop', async () => {
    sendSignal((await a.service.mainPid()) ?? 0, 'SIGSTOP');
    expect(await stopToLastProcess(a.ctx, { fastMs: 200, immediateMs: 200 })).toEqual({ clean: false });
    await startAndWait(a.ctx);
  });

  test('nothing is prepared under a server that runs', async () => {
    await expect(prepareStart(a.ctx)).rejects.toThrow(PostgresRefused);
    await expect(startAndWait(a.ctx)).rejects.toThrow(/still has a process/);
  });

  test('settings in postgresql.auto.conf are told and taken away (S10)', async () => {
    await expect(a.sql("alter system set primary_conninfo = 'host=elsewhere'")).rejects.toThrow(/ALTER SYSTEM/);
    await stopToLastProcess(a.ctx, STOP);
    const path = join(a.ctx.layout.data, 'postgresql.auto.conf');
    await writeFile(path, "# a comment\nprimary_conninfo = 'host=elsewhere'\nport = 5499\n");
    expect(await startAndWait(a.ctx)).toEqual({
      foreignSettings: ["primary_conninfo = 'host=elsewhere'", 'port = 5499'],
    });
    expect(await readFile(path, 'utf8')).toBe('');
    expect((await a.up()).shown.primaryConninfo).toBe('');
  });

  test('a promotion that was asked for before a crash is not carried out after it', async () => {
    await stopToLastProcess(a.ctx, KILL);
    await markStandby(a.ctx);
    await writeFile(join(a.ctx.layout.data, 'promote'), '');
    await startAndWait(a.ctx);
    await expect(access(join(a.ctx.layout.data, 'promote'))).rejects.toThrow('ENOENT');
    expect((await a.up()).inRecovery).toBe(true);
  });

  test('a process id that is another process’s by now does not keep it from starting', async () => {
    await stopToLastProcess(a.ctx, KILL);
    const { uid, gid } = a.ctx.user;
    const other = spawn('sleep', ['60'], { uid, gid, cwd: '/' });
    await writeFile(join(a.ctx.layout.data, 'postmaster.pid'), `${other.pid ?? 0}\n${a.ctx.layout.data}\n0\n5432\n`);
    await startAndWait(a.ctx);
    other.kill();
  });

  test('a recovery that would end as a primary is refused', async () => {
    await stopToLastProcess(a.ctx, STOP);
    await writeFile(join(a.ctx.layout.data, 'recovery.signal'), '');
    await expect(startAndWait(a.ctx)).rejects.toThrow(/asks for a recovery that ends as a primary/);
  });

  test('a crashed backend takes the server down, and it stays down', async () => {
    const client = await a.connect();
    const [backend] = await a.sql("select pid from pg_stat_activity where usename = 'app'");
    sendSignal(Number(backend?.['pid']), 'SIGKILL');
    await a.gone();
    await client.end().catch(() => undefined);
    await startAndWait(a.ctx);
    expect((await a.up()).inRecovery).toBe(false);
  });
});
