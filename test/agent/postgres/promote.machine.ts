import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { controlData } from '../../../agent/postgres/control';
import { PostgresDown, PostgresRefused } from '../../../agent/postgres/errors';
import { observe } from '../../../agent/postgres/observe';
import { promote } from '../../../agent/postgres/promote';
import { attachUpstream, detachUpstream } from '../../../agent/postgres/receiver';
import { applyRole } from '../../../agent/postgres/role';
import { markStandby, startAndWait, stopToLastProcess } from '../../../agent/postgres/start';
import { enforce } from '../../../agent/postgres/syncstandbys';
import { ancestry, replaceNotes, reserveTimelines } from '../../../agent/postgres/timelines';
import { until } from '../../../agent/postgres/wait';
import { waitForEndOfReplay } from '../../../agent/postgres/wal';
import { ZERO_LSN } from '../../../core/lsn';
import { quorum, TestCluster, type TestNode } from './support/cluster';

jest.setTimeout(60_000);

const SENTINEL = { kind: 'sentinel' } as const;
const NONE = { kind: 'none' } as const;
const STOP = { fastMs: 10_000, immediateMs: 5_000 };

describe('a promotion', () => {
  let cluster: TestCluster;
  let a: TestNode;
  let b: TestNode;
  let c: TestNode;

  beforeEach(async () => {
    cluster = await TestCluster.create();
    a = await cluster.addPrimary('a');
    b = await cluster.addStandby(a, 'b');
    c = await cluster.addStandby(a, 'c');
    await enforce(a.ctx, quorum(1, b, c), NONE);
    expect(await a.commits('on timeline 1')).toBe(true);
  });

  afterEach(() => cluster.end());

  /** Both detached with the same end of WAL. */
  async function detachBoth(): Promise<void> {
    const { lsn } = await a.up();
    for (const node of [b, c]) {
      await until(`${node.member} to catch up`, {}, async () => (await node.up()).lsn >= lsn);
    }
    await stopToLastProcess(a.ctx, { fastMs: 0, immediateMs: 0 });
    for (const node of [b, c]) await detachUpstream(node.ctx);
    expect(await waitForEndOfReplay(b.ctx)).toEqual(await waitForEndOfReplay(c.ctx));
  }

  function historyOf(node: TestNode, timeline: number): Promise<string> {
    const name = `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;
    return readFile(join(node.ctx.layout.data, 'pg_wal', name), 'utf8');
  }

  test('makes the timeline of its term, and followers prove themselves by its first record', async () => {
    await detachBoth();
    const end = await waitForEndOfReplay(b.ctx);
    const made = await promote(b.ctx, 5);
    expect(made).toEqual({ timeline: 5, forkLsn: end.lsn, firstRecord: expect.stringMatching(/^20.*UTC$/) as unknown });
    for (const reserved of [2, 3, 4]) expect(await historyOf(b, reserved)).toBe('# reserved by holdfast\n');
    const chain = [{ timeline: 1, forkLsn: ZERO_LSN, firstRecord: '' }, made];
    expect(await ancestry(b.ctx)).toEqual(chain);

    await enforce(b.ctx, quorum(1, c), SENTINEL);
    const pid = await c.service.mainPid();
    await cluster.follow(c, b);
    expect(await b.commits('on timeline 5')).toBe(true);
    expect(await c.service.mainPid()).toBe(pid);
    expect(await ancestry(c.ctx)).toEqual(chain);
    expect((await c.up()).receiver?.timeline).toBe(5);
  });

  test('followers restart, a newer promotion builds on it, and a clone knows the chain by its notes', async () => {
    await detachBoth();
    const five = await promote(b.ctx, 5);
    await enforce(b.ctx, quorum(1, c), SENTINEL);
    await cluster.follow(c, b);
    expect(await b.commits('on timeline 5')).toBe(true);
    await stopToLastProcess(c.ctx, STOP);
    await cluster.follow(c, b);
    await stopToLastProcess(b.ctx, STOP);
    await startAndWait(b.ctx);
    expect((await b.up()).timeline).toBe(5);
    await until('c to stream again', {}, async () => (await c.up()).receiver?.streaming === true);
    await stopToLastProcess(b.ctx, STOP);
    await detachUpstream(c.ctx);
    const eight = await promote(c.ctx, 8);
    const chain = [{ timeline: 1, forkLsn: ZERO_LSN, firstRecord: '' }, five, eight];
    expect(await ancestry(c.ctx)).toEqual(chain);

    await enforce(c.ctx, NONE, SENTINEL);
    const d = await cluster.addStandby(c, 'd');
    // Its WAL begins with the backup: of earlier timelines it has only the history.
    expect((await ancestry(d.ctx)).map((each) => each.firstRecord)).toContain('unknown');
    await replaceNotes(d.ctx, chain);
    expect(await ancestry(d.ctx)).toEqual(chain);
  });

  test('after a clean stop holds all of its predecessor, which follows without a rewind (L3)', async () => {
    expect(await stopToLastProcess(a.ctx, STOP)).toEqual({ clean: true });
    const stopped = await controlData(a.ctx);
    expect(stopped?.state).toBe('shut down');
    for (const node of [b, c]) {
      await detachUpstream(node.ctx);
      expect((await waitForEndOfReplay(node.ctx)).lsn).toBeGreaterThan(stopped?.checkpointLsn ?? 0n);
    }
    await promote(b.ctx, 2);
    await enforce(b.ctx, quorum(2, a, c), SENTINEL);
    await markStandby(a.ctx);
    await Promise.all([cluster.follow(a, b), cluster.follow(c, b)]);
    expect(await b.commits('on all three')).toBe(true);
  });

  test('of two standbys with equal WAL: equal histories, another first record (S6)', async () => {
    await detachBoth();
    const ofB = await promote(b.ctx, 2);
    const ofC = await promote(c.ctx, 2);
    expect(await historyOf(b, 2)).toBe(await historyOf(c, 2));
    expect(ofC.forkLsn).toBe(ofB.forkLsn);
    expect(ofC.firstRecord).not.toBe(ofB.firstRecord);
  });

  test('the first record is told in one way, whatever the time zone of the machine', async () => {
    await detachBoth();
    const made = await promote(b.ctx, 2);
    await rm(b.ctx.layout.state.ancestry);
    // The image's own, which is gone with it.
    await rm('/etc/localtime', { force: true });
    await symlink('/usr/share/zoneinfo/Asia/Kolkata', '/etc/localtime');
    expect((await ancestry(b.ctx)).at(-1)).toEqual(made);
  });

  test('acknowledges nothing to a session that was open, even while the checkpointer is stalled (S1, S5)', async () => {
    await detachBoth();
    const client = await b.connect();
    await b.freeze('checkpointer');
    await promote(b.ctx, 2);
    let acknowledged = false;
    client.query("insert into public.t (note) values ('too early')").then(
      () => (acknowledged = true),
      () => undefined,
    );
    await until('the commit to wait for a standby', {}, async () => {
      return (
        (await b.sql("select from pg_stat_activity where usename = 'app' and wait_event = 'SyncRep'")).length === 1
      );
    });
    expect(acknowledged).toBe(false);
  });

  test('PostgreSQL itself acknowledges by nobody after a promotion with empty names (S1)', async () => {
    await detachBoth();
    await applyRole(b.ctx, { upstream: null, syncNames: NONE });
    await expect(promote(b.ctx, 2)).rejects.toThrow(/synchronous_standby_names is empty/);
    const client = await b.connect();
    await b.sql('select pg_promote()');
    await client.query("insert into public.t (note) values ('nobody else has this')");
    await client.end();
  });

  test('answers the same when it is asked again, and is refused for another term', async () => {
    await detachBoth();
    const made = await promote(b.ctx, 3);
    expect(await promote(b.ctx, 3)).toEqual(made);
    await expect(promote(b.ctx, 4)).rejects.toThrow(/primary on timeline 3; term 4/);
    await expect(promote(c.ctx, 1)).rejects.toThrow(PostgresRefused);
  });

  test('is refused while there is an upstream', async () => {
    await expect(promote(b.ctx, 2)).rejects.toThrow(/detach it first/);
  });

  test('that was prepared and overtaken hinders neither following nor starting', async () => {
    await detachBoth();
    await reserveTimelines(c.ctx, 6, 1);
    const made = await promote(b.ctx, 7);
    await enforce(b.ctx, NONE, SENTINEL);
    await cluster.follow(c, b);
    expect((await c.up()).timeline).toBe(7);
    expect((await ancestry(c.ctx)).at(-1)).toEqual(made);
    await detachUpstream(c.ctx);
    await reserveTimelines(c.ctx, 9, 7);
    await stopToLastProcess(c.ctx, STOP);
    await startAndWait(c.ctx);
    await attachUpstream(c.ctx, b.upstream, c.member);
    await until('c to stream', {}, async () => (await c.up()).receiver?.streaming === true);
  });

  test('PostgreSQL itself recovers for ever with a reserved timeline that was not taken', async () => {
    await detachBoth();
    await stopToLastProcess(c.ctx, STOP);
    await writeFile(join(c.ctx.layout.data, 'pg_wal', '00000002.history'), '# reserved by holdfast\n', { mode: 0o644 });
    const before = (await c.log()).length;
    await c.service.start();
    await until('it to look for WAL that it has', {}, async () => {
      return (await c.log()).slice(before).includes('waiting for WAL to become available');
    });
    expect((await observe(c.ctx)).state).toBe('starting');
    await stopToLastProcess(c.ctx, STOP);
    await startAndWait(c.ctx);
    expect(await waitForEndOfReplay(c.ctx)).toEqual(await waitForEndOfReplay(b.ctx));
  });

  test('a start that fails is told from one that takes long', async () => {
    await stopToLastProcess(c.ctx, STOP);
    await rm(join(c.ctx.layout.data, 'global', 'pg_control'));
    await expect(startAndWait(c.ctx)).rejects.toThrow(PostgresDown);
  });
});
