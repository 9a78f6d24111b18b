import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promote } from '../../../agent/postgres/promote';
import { detachUpstream } from '../../../agent/postgres/receiver';
import { until } from '../../../agent/postgres/wait';
import { enforce } from '../../../agent/postgres/syncstandbys';
import type { Entry } from '../../../lab/workload/history';
import { judge } from '../../../lab/workload/judge/judge';
import { readFinals, Workload, type Launch } from '../../../lab/workload/workload';
import { ACCOUNTS, quorum, TestCluster, type TestNode } from '../../agent/postgres/support/cluster';

jest.setTimeout(120_000);

const NONE = { kind: 'none' } as const;

/** The clients' program on real servers, where what the lab prevents can be made to happen. */
describe('the workload', () => {
  let cluster: TestCluster;
  let a: TestNode;
  let b: TestNode;
  let directory: string;
  let workload: Workload | undefined;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-workload-'));
    cluster = await TestCluster.create();
    a = await cluster.addPrimary('a');
    b = await cluster.addStandby(a, 'b');
  });

  afterEach(async () => {
    await workload?.abandon();
    await cluster.end();
    await rm(directory, { recursive: true, force: true });
  });

  /** Runs the program beside the test, with libpq's variables for these hosts. */
  function launchFor(...nodes: readonly TestNode[]): Launch {
    const env = {
      PATH: process.env['PATH'] ?? '',
      PGHOST: nodes.map(({ upstream }) => upstream.address).join(','),
      PGPORT: '5432',
      PGUSER: ACCOUNTS.masterUsername,
      PGPASSWORD: ACCOUNTS.masterPassword,
      PGDATABASE: ACCOUNTS.databaseName,
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: a.ctx.layout.tls.authority,
      PGTARGETSESSIONATTRS: 'read-write',
      PGCONNECT_TIMEOUT: '2',
    };
    return ([program = '', ...args], stdio) => spawn(program, args, { cwd: directory, env, stdio });
  }

  async function promoteB(): Promise<void> {
    await a.service.stop('kill');
    await detachUpstream(b.ctx);
    await promote(b.ctx, 2);
    await enforce(b.ctx, NONE, { kind: 'sentinel' });
  }

  function acknowledgedInserts(entries: readonly Entry[], timeline: number): number {
    return entries.filter(
      (each) => each.kind === 'insert' && each.outcome === 'ok' && each.server.timeline === timeline,
    ).length;
  }

  test('of a failover that keeps what was acknowledged passes the judge, reads and routes included', async () => {
    await enforce(a.ctx, quorum(1, b), NONE);
    workload = await Workload.start(directory, launchFor(a, b), 'judged');
    await workload.until(
      'a has acknowledged a hundred rows',
      60_000,
      (entries) => acknowledgedInserts(entries, 1) > 100,
    );
    await promoteB();
    await workload.until(
      'b has acknowledged a hundred rows',
      60_000,
      (entries) => acknowledgedInserts(entries, 2) > 100,
    );
    const history = await workload.stop();
    const { violations, counts } = judge({ history, finals: await readFinals(launchFor(b), 30) });
    expect(violations).toEqual([]);
    expect(counts.ok).toBeGreaterThan(200);
    expect(new Set(history.inserts.map(({ route }) => route))).toEqual(new Set(['dsn', 'dsn-in-turn']));
    expect(history.scans.some(({ server }) => server.timeline === 2)).toBe(true);
    expect(history.gets.some(({ synchronous, server }) => synchronous && server.timeline === 2)).toBe(true);
    expect(history.losses.length).toBeGreaterThan(0);
  });

  test('of a failover to a standby that lacks acknowledged commits is refused', async () => {
    workload = await Workload.start(directory, launchFor(a, b), 'judged');
    await workload.until('a has acknowledged ten rows', 60_000, (entries) => acknowledgedInserts(entries, 1) > 10);
    await detachUpstream(b.ctx);
    const before = acknowledgedInserts(await workload.entries(), 1);
    await workload.until(
      'a has acknowledged more',
      60_000,
      (entries) => acknowledgedInserts(entries, 1) > before + 100,
    );
    await promoteB();
    await workload.until('b has acknowledged a row', 60_000, (entries) => acknowledgedInserts(entries, 2) > 0);
    const { violations } = judge({ history: await workload.stop(), finals: await readFinals(launchFor(b), 30) });
    const rules = new Set(violations.map((each) => each.split(':')[0]));
    expect(rules).toContain('acknowledged-rows-stay');
    expect(rules).toContain('registers-are-linearizable');
  });

  test('of a split brain is refused', async () => {
    workload = await Workload.start(directory, launchFor(b, a), 'judged');
    await workload.until('a has acknowledged ten rows', 60_000, (entries) => acknowledgedInserts(entries, 1) > 10);
    await detachUpstream(b.ctx);
    await promote(b.ctx, 2);
    await enforce(b.ctx, NONE, { kind: 'sentinel' });
    // These clients lose their connection and find b; the others stay with a.
    await a.sql(`select pg_terminate_backend(pid) from pg_stat_activity
                 where application_name = 'holdfast_workload dsn-in-turn'`);
    await workload.until('both have acknowledged', 60_000, (entries) => acknowledgedInserts(entries, 2) > 10);
    const before = acknowledgedInserts(await workload.entries(), 1);
    await workload.until('a goes on', 60_000, (entries) => acknowledgedInserts(entries, 1) > before);
    const history = await workload.stop();
    const { violations } = judge({ history, finals: await readFinals(launchFor(a, b), 30) });
    const rules = new Set(violations.map((each) => each.split(':')[0]));
    expect(rules).toContain('older-primaries-are-silent');
    expect(rules).toContain('one-primary-in-the-end');
    expect(rules).toContain('acknowledged-rows-stay');
  });

  test('takes a commit whose wait was cancelled for unknown, although PostgreSQL reports success', async () => {
    await enforce(a.ctx, quorum(1, b), NONE);
    workload = await Workload.start(directory, launchFor(a, b), 'judged');
    await workload.until('a has acknowledged ten rows', 60_000, (entries) => acknowledgedInserts(entries, 1) > 10);
    const thaw = await b.freeze('walreceiver');
    const cancelled = (entries: readonly Entry[]) =>
      entries.filter((each) => each.kind === 'insert' && each.why?.includes('canceling wait') === true);
    await until('a cancelled wait', { timeoutMs: 60_000 }, async () => {
      await a.sql(`select pg_cancel_backend(pid) from pg_stat_activity
                   where application_name like 'holdfast_workload%' and wait_event = 'SyncRep'`);
      return cancelled((await workload?.entries()) ?? []).length > 0;
    });
    thaw();
    const history = await workload.stop();
    expect(cancelled(history.inserts)).not.toEqual([]);
    expect(cancelled(history.inserts).map((each) => each.kind === 'insert' && each.outcome)).not.toContain('ok');
  });
});
