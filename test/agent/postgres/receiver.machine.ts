import { access, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { PostgresRefused, PostgresSessionLost, PostgresTimeout } from '../../../agent/postgres/errors';
import { emitLocal } from '../../../agent/postgres/messages';
import { attachUpstream, detachUpstream } from '../../../agent/postgres/receiver';
import { applyRole } from '../../../agent/postgres/role';
import { withSession } from '../../../agent/postgres/session';
import { enforce } from '../../../agent/postgres/syncstandbys';
import { until } from '../../../agent/postgres/wait';
import { frozen, quorum, TestCluster, type TestNode } from './support/cluster';

jest.setTimeout(60_000);

const DETACHED = { upstream: null, syncNames: { kind: 'sentinel' } } as const;

describe('the upstream of a standby', () => {
  let cluster: TestCluster;
  let a: TestNode;
  let b: TestNode;

  beforeEach(async () => {
    cluster = await TestCluster.create();
    a = await cluster.addPrimary('a');
    b = await cluster.addStandby(a, 'b');
    await enforce(a.ctx, quorum(1, b), { kind: 'none' });
  });

  afterEach(() => cluster.end());

  /** b's receiver is connecting to a's stopped postmaster, and recovery is paused: nothing at b acts on a reload. */
  async function hideReceiver(): Promise<() => void> {
    const sender = (await a.up()).replication[0]?.pid ?? 0;
    const [receiver] = (await b.up()).receiverPids;
    const thaw = frozen((await a.service.mainPid()) ?? 0);
    process.kill(sender, 'SIGTERM');
    await until('another receiver to connect', {}, async () => {
      const { receiverPids } = await b.up();
      return receiverPids.length === 1 && receiverPids[0] !== receiver;
    });
    await b.sql('select pg_wal_replay_pause()');
    await until('recovery to pause', {}, async () => {
      const [row] = await b.sql('select pg_get_wal_replay_pause_state() as state');
      return row?.['state'] === 'paused';
    });
    return thaw;
  }

  async function keyLinks(node: TestNode): Promise<string[]> {
    const names = await readdir(node.ctx.layout.config.directory);
    return names.filter((name) => name.startsWith('upstream-'));
  }

  test('detached, nothing is received any more, and nothing acknowledged', async () => {
    expect(await a.commits('before')).toBe(true);
    await detachUpstream(b.ctx);
    expect((await b.up()).receiverPids).toEqual([]);
    expect((await b.up()).shown).toEqual({
      primaryConninfo: '',
      primarySlotName: '',
      synchronousStandbyNames: 'ANY 1 ("holdfast_nobody")',
    });
    expect(await keyLinks(b)).toEqual([]);
    expect(await a.commits('after', 500)).toBe(false);
  });

  test('a receiver that is connecting is invisible to pg_stat_wal_receiver; detaching ends it (S3)', async () => {
    const thaw = await hideReceiver();
    const before = await b.up();
    expect(before.receiver).toBeNull();
    expect(before.receiverPids).toHaveLength(1);
    await detachUpstream(b.ctx);
    expect((await b.up()).receiverPids).toEqual([]);
    thaw();
    expect(await a.commits('b has pledged away', 1_000)).toBe(false);
    expect((await b.up()).receiverPids).toEqual([]);
  });

  test('with its key revoked a receiver that was overlooked cannot connect (S3)', async () => {
    const thaw = await hideReceiver();
    await applyRole(b.ctx, DETACHED);
    expect((await b.up()).receiverPids).toHaveLength(1);
    thaw();
    await until('the overlooked receiver to give up', {}, async () => (await b.up()).receiverPids.length === 0);
    expect(await b.log()).toContain('certificate present, but not private key file');
    expect(await a.commits('b could not connect', 500)).toBe(false);
  });

  test('PostgreSQL itself lets the overlooked receiver connect and acknowledge (S3)', async () => {
    const links = await keyLinks(b);
    const thaw = await hideReceiver();
    await applyRole(b.ctx, DETACHED);
    for (const link of links) {
      await symlink(b.ctx.layout.tls.replication.key, join(b.ctx.layout.config.directory, link));
    }
    expect((await b.up()).receiver).toBeNull();
    thaw();
    expect(await a.commits('acknowledged by b, which follows nobody')).toBe(true);
  });

  test('a receiver that does not end is not taken for one that has', async () => {
    const thaw = await b.freeze('walreceiver');
    await expect(detachUpstream(b.ctx, { timeoutMs: 500 })).rejects.toThrow(PostgresTimeout);
    thaw();
    await detachUpstream(b.ctx);
  });

  test('a paused replay is resumed and readers are sent away, so that all that was received is replayed (L9)', async () => {
    await a.sql("insert into public.t (note) values ('vacuumed away')");
    await a.sql('delete from public.t');
    await until('b to have it', {}, async () => (await b.up()).lsn === (await a.up()).lsn);
    const reader = await b.connect();
    const ended = expect(reader.query('select pg_sleep(30)')).rejects.toThrow(/terminating connection/);
    await until('the reader to read', {}, async () => {
      return (await b.sql("select from pg_stat_activity where usename = 'app' and state = 'active'")).length === 1;
    });
    await b.sql('select pg_wal_replay_pause()');
    await a.sql('vacuum public.t');
    const lsn = await emitLocal(a.ctx);
    await until('b to have received it', {}, async () => ((await b.up()).receivedLsn ?? 0n) >= lsn);
    await detachUpstream(b.ctx);
    await ended;
    await reader.end();
    await until('b to have replayed it', {}, async () => (await b.up()).lsn >= lsn);
  });

  test("other sessions of the agent, and a dead one's request to promote, are ended first (S10)", async () => {
    const old = withSession(b.ctx, { queryTimeoutMs: 30_000 }, (session) => session.query('select pg_sleep(30)'));
    const ended = expect(old).rejects.toThrow(PostgresSessionLost);
    await until('the old session to run', {}, async () => {
      return (await b.sql("select from pg_stat_activity where wait_event = 'PgSleep'")).length === 1;
    });
    await writeFile(join(b.ctx.layout.data, 'promote'), '');
    await detachUpstream(b.ctx);
    await ended;
    // Any signal of a child makes the postmaster look for the file.
    await expect(access(join(b.ctx.layout.data, 'promote'))).rejects.toThrow('ENOENT');
  });

  test('a guard that refuses leaves the role as it was (S10)', async () => {
    const before = (await b.up()).shown;
    const guard = () => Promise.reject(new PostgresRefused('pledged for term 7'));
    await expect(attachUpstream(b.ctx, { address: '127.0.0.9', host: 'z' }, b.member, { guard })).rejects.toThrow(
      'term 7',
    );
    expect((await b.up()).shown).toEqual(before);
  });

  test('follows again without a restart, with another key', async () => {
    const [link] = await keyLinks(b);
    const pid = await b.service.mainPid();
    await detachUpstream(b.ctx);
    expect(await a.commits('while b is away', 300)).toBe(false);
    await attachUpstream(b.ctx, a.upstream, b.member);
    expect(await a.commits('b is back')).toBe(true);
    expect(await b.service.mainPid()).toBe(pid);
    expect(await keyLinks(b)).toHaveLength(1);
    expect(await keyLinks(b)).not.toContain(link);
  });

  test('attached again to the same primary, the stream goes on', async () => {
    const { receiverPids } = await b.up();
    await attachUpstream(b.ctx, a.upstream, b.member);
    expect(await a.commits('still there')).toBe(true);
    expect((await b.up()).receiverPids).toEqual(receiverPids);
  });

  test('a primary has none to detach', async () => {
    await expect(detachUpstream(a.ctx)).rejects.toThrow(PostgresRefused);
  });
});
