import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { run } from '../../../agent/command';
import { conninfo, spaceConf, upstreamParameters } from '../../../agent/postgres/conf-text';
import { clone } from '../../../agent/postgres/clone';
import { promote } from '../../../agent/postgres/promote';
import { applyRole, reload, writeRole } from '../../../agent/postgres/role';
import { detachUpstream } from '../../../agent/postgres/receiver';
import { dropFormerSlots, ensureMemberSlots } from '../../../agent/postgres/slots';
import { markStandby, startAndWait } from '../../../agent/postgres/start';
import { enforce } from '../../../agent/postgres/syncstandbys';
import { until } from '../../../agent/postgres/wait';
import type { Member } from '../../../core/member';
import { frozen, quorum, TestCluster, type TestNode } from './support/cluster';

jest.setTimeout(60_000);

const NONE = { kind: 'none' } as const;

describe('replication slots', () => {
  let cluster: TestCluster;
  let a: TestNode;
  let b: TestNode;

  beforeEach(async () => {
    cluster = await TestCluster.create();
    a = await cluster.addPrimary('a');
    b = await cluster.addStandby(a, 'b');
  });

  afterEach(() => cluster.end());

  /** A second stream in b's name, as its new receiver is one while the old walsender does not know that it has gone. */
  function streamAs(applicationName: string, extra: readonly string[]): ReturnType<typeof run> {
    const { layout, binDirectory, user } = b.ctx;
    const parameters = upstreamParameters(layout, a.upstream, applicationName, layout.tls.replication.key);
    return run(
      join(binDirectory, 'pg_receivewal'),
      ['--dbname', conninfo(parameters), '--directory', '/tmp', '--synchronous', '--no-loop', ...extra],
      { timeoutMs: 30_000, user },
    );
  }

  /** Waits until a standby has a copy of the slot `changes` that outlives a promotion. */
  async function copied(primary: TestNode, standby: TestNode): Promise<void> {
    await until(
      `${standby.member} to have a copy`,
      { timeoutMs: 40_000 },
      async () => {
        // A copy becomes one for good when its slot has moved past what the standby still has.
        await primary.sql('select pg_log_standby_snapshot()');
        await primary.sql("select pg_logical_slot_get_changes('changes', null, null)");
        return (await standby.up()).slots.some((slot) => slot.name === 'changes' && slot.synced && !slot.temporary);
      },
      100,
    );
  }

  test('a second stream on the slot of a member is refused while the first one lives (S8)', async () => {
    const second = await streamAs(b.member, ['--slot', b.member]);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`replication slot "${b.member}" is active for PID`);
  });

  test('PostgreSQL itself counts a second stream without the slot as another standby (S8)', async () => {
    const c = await cluster.addStandby(a, 'c');
    await enforce(a.ctx, quorum(2, b, c), NONE);
    await c.freeze('walreceiver');
    expect(await a.commits('one of two', 500)).toBe(false);
    const second = streamAs(b.member, ['--endpos', '7FFFFFFF/0']);
    expect(await a.commits('b, counted twice')).toBe(true);
    await a.sql('select pg_terminate_backend(pid) from pg_stat_replication');
    await second;
  });

  test('are one for each member: made, and dropped with the stream on them', async () => {
    await a.sql("select pg_create_physical_replication_slot('reader')");
    const x = await cluster.addNode('x');
    await ensureMemberSlots(a.ctx, [b.member, x.member]);
    expect((await a.up()).slots.map((slot) => slot.name).sort()).toEqual([b.member, 'reader', x.member].sort());
    const kept = (await a.up()).slots.find((slot) => slot.name === x.member);
    expect(kept).toMatchObject({ kind: 'physical', temporary: false, activePid: null, walStatus: 'reserved' });
    expect(kept?.restartLsn).not.toBeNull();
    await ensureMemberSlots(a.ctx, [x.member]);
    expect((await a.up()).slots.map((slot) => slot.name).sort()).toEqual(['reader', x.member]);
    await ensureMemberSlots(a.ctx, []);
    expect((await a.up()).slots.map((slot) => slot.name)).toEqual(['reader']);
  });

  test('of a member that is dropped holds back no vacuum any more', async () => {
    const reader = await b.connect();
    await reader.query('begin isolation level repeatable read');
    await reader.query('select * from public.t');
    await until('the standby to report what it still sees', {}, async () => {
      const rows = await a.sql('select from pg_replication_slots where xmin is not null');
      return rows.length === 1;
    });
    await ensureMemberSlots(a.ctx, []);
    expect(await a.sql('select from pg_replication_slots')).toEqual([]);
    await reader.end();
  });

  test('a failover slot is kept in step on a standby and survives the promotion (L10)', async () => {
    await enforce(a.ctx, quorum(1, b), NONE);
    await a.sql("select pg_create_logical_replication_slot('changes', 'test_decoding', false, false, true)");
    await copied(a, b);
    expect(await a.commits('not read before the failover')).toBe(true);
    // Copies stay; only what is a standby's own goes.
    await dropFormerSlots(b.ctx);
    expect((await b.up()).slots).toMatchObject([{ name: 'changes', kind: 'logical', failover: true, synced: true }]);
    await detachUpstream(b.ctx);
    await promote(b.ctx, 2);
    await enforce(b.ctx, NONE, { kind: 'sentinel' });
    expect(await b.commits('decoded by the new primary')).toBe(true);
    const changes = await b.sql("select data from pg_logical_slot_get_changes('changes', null, null)");
    const read = changes.map((row) => String(row['data'])).join();
    expect(read).toContain('not read before the failover');
    expect(read).toContain('decoded by the new primary');
  });

  test('a failover slot that the old primary still has makes way for a copy of the new one’s (L10)', async () => {
    await enforce(a.ctx, quorum(1, b), NONE);
    await a.sql("select pg_create_logical_replication_slot('changes', 'test_decoding', false, false, true)");
    await a.sql("select pg_create_logical_replication_slot('local', 'test_decoding', false, false, false)");
    await copied(a, b);
    await a.service.stop('fast');
    await a.gone();
    await detachUpstream(b.ctx);
    await promote(b.ctx, 2);
    await enforce(b.ctx, NONE, { kind: 'sentinel' });
    await writeRole(a.ctx, { upstream: null, syncNames: { kind: 'sentinel' } });
    await markStandby(a.ctx);
    await startAndWait(a.ctx);
    expect((await a.up()).slots.map((slot) => slot.name).sort()).toEqual([b.member, 'changes', 'local'].sort());
    await dropFormerSlots(a.ctx);
    expect((await a.up()).slots).toEqual([]);
    await cluster.follow(a, b);
    await copied(b, a);
    expect((await a.up()).slots).toMatchObject([{ name: 'changes', failover: true, synced: true }]);
  });

  test('a copier that waits for a primary that hangs holds up no promotion', async () => {
    await a.sql("select pg_create_logical_replication_slot('changes', 'test_decoding', false, false, true)");
    await copied(a, b);
    const copier = "select from pg_stat_activity where backend_type = 'slotsync worker'";
    await until('b to copy slots', {}, async () => (await b.sql(copier)).length === 1);
    const [row] = await a.sql(
      `select pid from pg_stat_activity where backend_type = 'client backend' and application_name = '${b.member}'`,
    );
    const thaw = frozen(Number(row?.['pid']));
    await until('the copier to wait', {}, async () => {
      const waiting = await b.sql(`${copier} and wait_event in ('LibpqwalreceiverReceive', 'LibPQWalReceiverReceive')`);
      return waiting.length === 1;
    });
    await detachUpstream(b.ctx);
    expect(await b.sql(copier)).toEqual([]);
    expect((await promote(b.ctx, 2)).timeline).toBe(2);
    thaw();
  });

  test('of a member whose WAL is gone are made anew', async () => {
    await ensureMemberSlots(a.ctx, [b.member, 'c_longgone1' as Member]);
    await a.sql("select pg_logical_emit_message(false, '', 'x'), pg_switch_wal()");
    await writeFile(a.ctx.layout.config.space, spaceConf('tight').replaceAll(/'\d+MB'/g, "'1MB'"));
    await reload(a.ctx);
    const statusOf = async (): Promise<unknown> =>
      (await a.up()).slots.find((slot) => slot.name === 'c_longgone1')?.walStatus;
    await until('the slot to be lost', {}, async () => {
      await a.sql("select pg_logical_emit_message(false, '', 'x'), pg_switch_wal()");
      await a.sql('checkpoint');
      return (await statusOf()) === 'lost';
    });
    await ensureMemberSlots(a.ctx, [b.member, 'c_longgone1' as Member]);
    expect(await statusOf()).toBe('reserved');
  });

  test('that a standby had as a primary are dropped (L10)', async () => {
    await b.sql("select pg_create_physical_replication_slot('former')");
    expect((await b.up()).slots.map((slot) => slot.name)).toEqual(['former']);
    await dropFormerSlots(b.ctx);
    expect((await b.up()).slots).toEqual([]);
    await dropFormerSlots(a.ctx);
    expect((await a.up()).slots).toHaveLength(1);
  });

  test('a clone streams under another name and through a slot of its own (S8)', async () => {
    const c = await cluster.addNode('c');
    await enforce(a.ctx, { kind: 'sentinel' }, NONE);
    await applyRole(a.ctx, { upstream: null, syncNames: quorum(1, c) });
    const names = new Set<unknown>();
    const copying = clone(c.ctx, a.upstream, c.member, {});
    let done = false;
    void copying.finally(() => (done = true));
    await until('the clone to end', {}, async () => {
      for (const row of await a.sql('select application_name as name, sync_priority as p from pg_stat_replication')) {
        names.add(`${String(row['name'])} ${String(row['p'])}`);
      }
      return done;
    });
    await copying;
    expect(names).toContain(`${c.member}_clone 0`);
    expect([...names].filter((name) => String(name).startsWith(`${c.member} `))).toEqual([]);
    await detachUpstream(b.ctx);
  });
});
