import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { needsRestart, reload, shown, writeBase } from '../../../agent/postgres/configuration';
import { PostgresRefused, PostgresTimeout } from '../../../agent/postgres/errors';
import { applyRole } from '../../../agent/postgres/role';
import { startAndWait, stopToLastProcess } from '../../../agent/postgres/start';
import { until } from '../../../agent/postgres/wait';
import { SMALL, TestCluster, type TestNode } from './support/cluster';

jest.setTimeout(60_000);

const NONE = { upstream: null, syncNames: { kind: 'none' } } as const;

describe('the configuration', () => {
  let cluster: TestCluster;
  let a: TestNode;

  beforeAll(async () => {
    cluster = await TestCluster.create();
    a = await cluster.addPrimary('a');
  });

  afterAll(() => cluster.end());

  async function write(parameters: Record<string, string>): ReturnType<typeof writeBase> {
    return writeBase(a.ctx, 'test', { parameters: { ...SMALL, ...parameters } });
  }

  async function showing(name: string, value: string): Promise<void> {
    await reload(a.ctx);
    await until(`${name} to be ${value}`, {}, async () => (await shown(a.ctx, name)) === value);
  }

  test('written again is not changed', async () => {
    expect(await write({})).toEqual({ changed: false, ownerRefused: null });
  });

  test('takes the owner’s parameters, with any text in them', async () => {
    const text = "it's \\ a $ 'text' # with everything";
    expect(await write({ work_mem: '7MB', 'app.motto': text })).toEqual({ changed: true, ownerRefused: null });
    await showing('work_mem', '7MB');
    expect(await shown(a.ctx, 'app.motto')).toBe(text);
    expect(await write({})).toEqual({ changed: true, ownerRefused: null });
    await showing('work_mem', '4MB');
  });

  test('tells what waits for a restart', async () => {
    await write({ max_connections: '31' });
    await reload(a.ctx);
    await until('the postmaster to see it', {}, async () => (await needsRestart(a.ctx)).length > 0);
    expect(await needsRestart(a.ctx)).toEqual(['max_connections']);
    await write({});
    await reload(a.ctx);
    await until('it to be taken back', {}, async () => (await needsRestart(a.ctx)).length === 0);
  });

  test('refuses what PostgreSQL would not start with, and keeps what stood there', async () => {
    await write({ work_mem: '7MB' });
    const before = await readFile(a.ctx.layout.config.owner, 'utf8');
    for (const [name, value, reason] of [
      ['shared_buffers', 'plenty', /invalid value for parameter "shared_buffers": "plenty"/],
      ['no_such_parameter', '1', /unrecognized configuration parameter "no_such_parameter"/],
      ['work_mem', '1 cubit', /invalid value for parameter "work_mem"/],
    ] as const) {
      const outcome = await write({ [name]: value });
      expect(outcome.changed).toBe(false);
      expect(outcome.ownerRefused).toMatch(reason);
    }
    expect(await readFile(a.ctx.layout.config.owner, 'utf8')).toBe(before);
    await expect(write({ "x = 'y'": '1' })).rejects.toThrow(PostgresRefused);
    await expect(write({ work_mem: "1MB'\nfsync = off" })).rejects.toThrow(/one line/);
    await write({});
  });

  test('is Holdfast’s where safety hangs on it, whatever the owner wrote', async () => {
    await write({ fsync: 'off', synchronous_commit: 'off', restart_after_crash: 'on', wal_sender_timeout: '1h' });
    await reload(a.ctx);
    await stopToLastProcess(a.ctx, { fastMs: 10_000, immediateMs: 1_000 });
    await startAndWait(a.ctx);
    expect(await shown(a.ctx, 'fsync')).toBe('on');
    expect(await shown(a.ctx, 'restart_after_crash')).toBe('off');
    expect(await shown(a.ctx, 'wal_sender_timeout')).toBe('5s');
    expect(await shown(a.ctx, 'data_checksums')).toBe('on');
    const client = await a.connect();
    expect((await client.query('show synchronous_commit')).rows).toEqual([{ synchronous_commit: 'on' }]);
    await client.end();
    await write({});
  });

  test('of the role that PostgreSQL does not take is an error that says why', async () => {
    const owner = await readFile(a.ctx.layout.config.owner, 'utf8');
    await writeFile(a.ctx.layout.config.owner, 'work_mem = \n');
    const applied = applyRole(a.ctx, { upstream: null, syncNames: { kind: 'sentinel' } }, { timeoutMs: 500 });
    await expect(applied).rejects.toThrow(PostgresTimeout);
    await expect(applied).rejects.toThrow(/owner\.conf: 1: syntax error/);
    await writeFile(a.ctx.layout.config.owner, owner);
    await applyRole(a.ctx, NONE);
  });

  test('two changes of the role come one after the other, and a guard sees the role before its own', async () => {
    const seen: string[] = [];
    const note = async (): Promise<void> => {
      seen.push((await readFile(a.ctx.layout.config.role, 'utf8')).includes('holdfast_nobody') ? 'sentinel' : 'none');
    };
    await Promise.all([
      applyRole(a.ctx, { upstream: null, syncNames: { kind: 'sentinel' } }, { guard: note, timeoutMs: 300 }).catch(
        () => undefined,
      ),
      applyRole(a.ctx, NONE, { guard: note }),
    ]);
    expect(seen).toEqual(['none', 'sentinel']);
    expect(await shown(a.ctx, 'synchronous_standby_names')).toBe('');
  });
});
