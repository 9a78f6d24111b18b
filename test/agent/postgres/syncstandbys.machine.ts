import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { PostgresRefused, PostgresTimeout } from '../../../agent/postgres/errors';
import { emitLocal, emitSynchronous } from '../../../agent/postgres/messages';
import { applyRole } from '../../../agent/postgres/role';
import { withSession } from '../../../agent/postgres/session';
import { enforce, flushedBy } from '../../../agent/postgres/syncstandbys';
import { until } from '../../../agent/postgres/wait';
import { quorum, TestCluster, type TestNode } from './support/cluster';

jest.setTimeout(60_000);

const NONE = { kind: 'none' } as const;
const SENTINEL = { kind: 'sentinel' } as const;

/** Long enough for any takeover that can happen, short enough to be waited for in vain. */
const IN_VAIN = { timeoutMs: 1_500 };

describe('synchronous_standby_names in force', () => {
  let cluster: TestCluster;
  let a: TestNode;
  let b: TestNode;
  let c: TestNode;

  beforeEach(async () => {
    cluster = await TestCluster.create();
    a = await cluster.addPrimary('a');
    b = await cluster.addStandby(a, 'b');
    c = await cluster.addStandby(a, 'c');
  });

  afterEach(() => cluster.end());

  async function freezeStandbys(): Promise<() => void> {
    const thaw = [await b.freeze('walreceiver'), await c.freeze('walreceiver')];
    return () => thaw.forEach((each) => each());
  }

  test('PostgreSQL itself acknowledges by nobody while its checkpointer has not seen new names (S1)', async () => {
    await freezeStandbys();
    await a.freeze('checkpointer');
    await applyRole(a.ctx, { upstream: null, syncNames: quorum(1, b, c) });
    expect((await a.up()).replication.map((row) => row.syncPriority)).toEqual([1, 1]);
    expect(await a.commits('nobody else has this')).toBe(true);
  });

  test('is not claimed while the checkpointer is stalled, and the names are taken back (S1)', async () => {
    const thaw = await a.freeze('checkpointer');
    await expect(enforce(a.ctx, quorum(1, b, c), NONE, IN_VAIN)).rejects.toThrow(PostgresTimeout);
    expect((await a.up()).shown.synchronousStandbyNames).toBe('');
    thaw();
    await enforce(a.ctx, quorum(1, b, c), NONE);
    expect((await a.up()).shown.synchronousStandbyNames).toBe(`ANY 1 ("${b.member}", "${c.member}")`);
    await freezeStandbys();
    expect(await a.commits('has to wait', 500)).toBe(false);
  });

  test('a wait that an older setting causes does not pass for the new one (S1)', async () => {
    await enforce(a.ctx, quorum(1, b, c), NONE);
    const thawStandbys = await freezeStandbys();
    const thaw = await a.freeze('checkpointer');
    // Commits still wait, though the names are empty: taken for the sentinel's doing, this would end at any moment.
    await expect(enforce(a.ctx, NONE, quorum(1, b, c), IN_VAIN)).rejects.toThrow(PostgresTimeout);
    await expect(enforce(a.ctx, quorum(1, b), NONE, IN_VAIN)).rejects.toThrow(PostgresTimeout);
    thaw();
    await enforce(a.ctx, NONE, quorum(1, b, c));
    expect(await a.commits('alone')).toBe(true);
    thawStandbys();
  });

  test('acks: 0 and back', async () => {
    await enforce(a.ctx, quorum(2, b, c), NONE);
    expect(await a.commits('two')).toBe(true);
    await enforce(a.ctx, NONE, quorum(2, b, c));
    const thaw = await freezeStandbys();
    expect(await a.commits('none')).toBe(true);
    thaw();
    await enforce(a.ctx, SENTINEL, NONE);
    expect(await a.commits('nobody answers to the sentinel', 500)).toBe(false);
    await enforce(a.ctx, quorum(1, b), SENTINEL);
    expect(await a.commits('one')).toBe(true);
  });

  test('a removed name is out when its own walsender says so (S2)', async () => {
    await enforce(a.ctx, quorum(1, b, c), NONE);
    const thaw = await a.freezeSenderOf(c);
    await expect(enforce(a.ctx, quorum(1, b), quorum(1, b, c), IN_VAIN)).rejects.toThrow(PostgresTimeout);
    thaw();
    await enforce(a.ctx, quorum(1, b), quorum(1, b, c));
    await b.freeze('walreceiver');
    expect(await a.commits('c alone does not count', 500)).toBe(false);
  });

  test('a raised number is in force when every walsender goes by it, which the view does not show (S2)', async () => {
    await enforce(a.ctx, quorum(1, b, c), NONE);
    const thaw = await a.freezeSenderOf(b);
    await expect(enforce(a.ctx, quorum(2, b, c), quorum(1, b, c), IN_VAIN)).rejects.toThrow(PostgresTimeout);
    const rows = await a.sql('select sync_state, sync_priority from pg_stat_replication');
    expect(rows).toEqual(Array(2).fill({ sync_state: 'quorum', sync_priority: 1 }));
    thaw();
    await enforce(a.ctx, quorum(2, b, c), quorum(1, b, c));
    await until('both to stream', {}, async () => (await a.up()).replication.every((row) => row.state === 'streaming'));
    expect(await a.commits('two')).toBe(true);
    await c.freeze('walreceiver');
    expect(await a.commits('b alone does not suffice', 500)).toBe(false);
  });

  test('number and names do not change together, nor two names of several at once', async () => {
    await expect(enforce(a.ctx, quorum(2, b, c), quorum(1, b))).rejects.toThrow(PostgresRefused);
    const [x, y] = [await cluster.addNode('d'), await cluster.addNode('e')];
    await expect(enforce(a.ctx, quorum(2, b, c, y), quorum(2, b, c, x))).rejects.toThrow(/add first, then remove/);
  });

  test('a standby keeps a sentinel or a quorum, and is never given empty names', async () => {
    await applyRole(b.ctx, { upstream: null, syncNames: SENTINEL });
    await expect(enforce(b.ctx, NONE, SENTINEL)).rejects.toThrow(PostgresRefused);
    await expect(enforce(b.ctx, quorum(1, c), NONE)).rejects.toThrow(PostgresRefused);
    await enforce(b.ctx, quorum(1, c), SENTINEL);
    expect((await b.up()).shown.synchronousStandbyNames).toBe(`ANY 1 ("${c.member}")`);
  });

  test('flushedBy waits for as many of the named as it is told', async () => {
    const thaw = await c.freeze('walreceiver');
    const lsn = await emitLocal(a.ctx);
    await flushedBy(a.ctx, lsn, [b.member, c.member], 1);
    await expect(flushedBy(a.ctx, lsn, [b.member, c.member], 2, { timeoutMs: 300 })).rejects.toThrow(PostgresTimeout);
    await expect(flushedBy(a.ctx, lsn, [c.member], 1, { timeoutMs: 300 })).rejects.toThrow(PostgresTimeout);
    thaw();
    await flushedBy(a.ctx, lsn, [b.member, c.member], 2);
  });

  test('a synchronous probe that nobody confirms leaves no backend behind', async () => {
    await enforce(a.ctx, quorum(1, b, c), NONE);
    await emitSynchronous(a.ctx);
    await freezeStandbys();
    await expect(emitSynchronous(a.ctx, { timeoutMs: 300 })).rejects.toThrow(PostgresTimeout);
    await emitLocal(a.ctx);
    await until('the probe to be gone', {}, async () => {
      const waiting = await a.sql("select from pg_stat_activity where wait_event = 'SyncRep'");
      return waiting.length === 0;
    });
  });

  test('any application may leave the waiting to others by synchronous_commit (S12)', async () => {
    await enforce(a.ctx, quorum(1, b, c), NONE);
    await freezeStandbys();
    const client = await a.connect();
    await client.query('set synchronous_commit = local');
    await client.query("insert into public.t (note) values ('not acknowledged, though it says so')");
    await client.end();
  });

  test('PostgreSQL reports success for a cancelled wait, so cancelled commits are not acknowledged ones (S12)', async () => {
    await enforce(a.ctx, quorum(1, b, c), NONE);
    await freezeStandbys();
    await withSession(a.ctx, { database: 'app', synchronous: true, queryTimeoutMs: 10_000 }, async (session) => {
      const insert = session.query("insert into public.t (note) values ('cancelled') returning id");
      await until('the commit to wait', {}, async () => {
        const cancelled = await a.sql(
          `select pg_cancel_backend(pid) from pg_stat_activity where pid = ${session.pid} and wait_event = 'SyncRep'`,
        );
        return cancelled.length === 1;
      });
      expect(await insert).toHaveLength(1);
    });
  });
});
