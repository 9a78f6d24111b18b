import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { emitLocal } from '../../../agent/postgres/messages';
import { enforce } from '../../../agent/postgres/syncstandbys';
import { until } from '../../../agent/postgres/wait';
import { quorum, TestCluster, type TestNode } from './support/cluster';

jest.setTimeout(60_000);

describe('an observation', () => {
  let cluster: TestCluster;
  let a: TestNode;
  let b: TestNode;

  beforeAll(async () => {
    cluster = await TestCluster.create();
    a = await cluster.addPrimary('a');
    b = await cluster.addStandby(a, 'b');
    await enforce(a.ctx, quorum(1, b), { kind: 'none' });
  });

  afterAll(() => cluster.end());

  test('of a primary', async () => {
    const lsn = await emitLocal(a.ctx);
    await until('b to confirm', {}, async () => ((await a.up()).replication[0]?.replayLsn ?? 0n) >= lsn);
    const seen = await a.up();
    expect(seen).toMatchObject({
      state: 'up',
      inRecovery: false,
      timeline: 1,
      receivedLsn: null,
      replayPaused: false,
      receiverPids: [],
      receiver: null,
      replication: [{ member: b.member, state: 'streaming', syncPriority: 1 }],
      slots: [{ name: b.member, kind: 'physical', temporary: false, failover: false, synced: false }],
      shown: { primaryConninfo: '', primarySlotName: '', synchronousStandbyNames: `ANY 1 ("${b.member}")` },
    });
    expect(seen.systemId).toMatch(/^\d{19}$/);
    expect(seen.lsn).toBeGreaterThanOrEqual(lsn);
    expect(seen.insertLsn).toBeGreaterThanOrEqual(seen.lsn);
    expect(seen.replication[0]?.pid).toBe(seen.slots[0]?.activePid);
  });

  test('of a standby', async () => {
    const lsn = await emitLocal(a.ctx);
    await until('b to have it', {}, async () => (await b.up()).lsn >= lsn);
    const seen = await b.up();
    expect(seen).toMatchObject({
      inRecovery: true,
      timeline: 1,
      insertLsn: null,
      replication: [],
      slots: [],
      receiver: { streaming: true, timeline: 1, slotName: b.member, senderHost: a.upstream.host },
    });
    expect(seen.systemId).toBe((await a.up()).systemId);
    expect(seen.receivedLsn).toBeGreaterThanOrEqual(lsn);
    expect(seen.receiverPids).toEqual([seen.receiver?.pid]);
    expect(seen.receiver?.lastMessageAgeMs).toBeGreaterThanOrEqual(0);
    expect(seen.shown.primarySlotName).toBe(b.member);
  });

  test('tells of a replay that somebody paused', async () => {
    await b.sql('select pg_wal_replay_pause()');
    expect((await b.up()).replayPaused).toBe(true);
    await b.sql('select pg_wal_replay_resume()');
    expect((await b.up()).replayPaused).toBe(false);
  });

  test('counts members only among those that stream', async () => {
    const rows = await a.sql('select application_name from pg_stat_replication');
    expect(rows).toHaveLength(1);
    // The look itself is a walsender.
    expect((await a.up()).replication).toHaveLength(1);
  });
});
