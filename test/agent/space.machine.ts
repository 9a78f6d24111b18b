import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Client } from 'pg';
import { createLog } from '../../agent/log';
import { VolumeSpace } from '../../agent/space';
import { shown } from '../../agent/postgres/configuration';
import { startAndWait } from '../../agent/postgres/start';
import { until } from '../../agent/postgres/wait';
import { TestCluster, type TestNode } from './postgres/support/cluster';

jest.setTimeout(120_000);

const MIB = 1024 * 1024;

/** Rows of about a mebibyte, which do not compress. */
const ROW = "insert into public.t (note) select string_agg(gen_random_uuid()::text, '') from generate_series(1, 29000)";

describe('a volume that fills up', () => {
  let cluster: TestCluster;
  let a: TestNode;
  let space: VolumeSpace;
  let app: Client;

  beforeAll(async () => {
    cluster = await TestCluster.create();
    a = await cluster.addPrimary('a', { checkpoint_timeout: '30s' }, 400);
    space = new VolumeSpace(a.ctx, createLog(new Writable({ write: (_chunk, _encoding, done) => done() })));
    app = await a.connect();
  });

  afterAll(async () => {
    await app.end().catch(() => undefined);
    await cluster.end();
  });

  const rows = async (): Promise<number> => Number((await a.sql('select count(*) from public.t'))[0]?.['count']);
  const headroom = async (): Promise<number> => (await stat(a.ctx.layout.headroom)).size;
  const headroomThere = async (): Promise<boolean> => {
    try {
      return (await headroom()) === 32 * MIB;
    } catch (error) {
      if (String(error).includes('ENOENT')) return false;
      throw error;
    }
  };
  const ballast = (): string => join(a.ctx.layout.volume, 'ballast');

  /** Leaves so much free, by a file of somebody else's. */
  async function leaveFree(freeBytes: number): Promise<void> {
    await space.look();
    const now = space.last?.freeBytes ?? 0;
    const file = await open(ballast(), 'a');
    const piece = Buffer.alloc(MIB);
    try {
      for (let left = now - freeBytes; left > 0; left -= piece.length) {
        await file.write(piece.subarray(0, Math.min(left, piece.length)));
      }
    } catch (error) {
      if (!String(error).includes('ENOSPC')) throw error;
    } finally {
      await file.close();
    }
  }

  /** Holds a part of it back while there is enough. */
  async function holdsBack(): Promise<void> {
    expect(await space.look()).toBe('ample');
    expect(await headroom()).toBe(32 * MIB);
    expect(space.last?.totalBytes).toBe(400 * MIB);
  }

  /** Gives up the WAL of those who are away when it gets tight. */
  async function givesUpWal(): Promise<void> {
    await a.sql("select pg_create_physical_replication_slot('b_longgone1', true)");
    const lost = async (): Promise<boolean> => {
      const [row] = await a.sql("select wal_status from pg_replication_slots where slot_name = 'b_longgone1'");
      return row?.['wal_status'] === 'lost';
    };
    for (let count = 0; count < 6; count += 1)
      await a.sql("select pg_switch_wal() from pg_logical_emit_message(false, '', 'x')");
    expect(await lost()).toBe(false);
    await leaveFree(90 * MIB);
    expect(await space.look()).toBe('tight');
    expect(await shown(a.ctx, 'max_slot_wal_keep_size')).toBe('64MB');
    expect(await shown(a.ctx, 'default_transaction_read_only')).toBe('off');
    await until('the slot to be lost', {}, async () => {
      await a.sql('checkpoint');
      return lost();
    });
    await app.query("insert into public.t (note) values ('while it is tight')");
  }

  /** Lets applications only read before it is full, and ends those that write. */
  async function refusesWrites(): Promise<void> {
    const writing = await a.connect();
    await writing.query('begin');
    await writing.query("insert into public.t (note) values ('never committed')");
    const before = await rows();
    // WAL that is being given up makes room meanwhile.
    await until('it to be full', {}, async () => {
      await leaveFree(40 * MIB);
      return (await space.look()) === 'full';
    });
    await expect(writing.query('commit')).rejects.toThrow();
    await expect(app.query(ROW)).rejects.toThrow('cannot execute INSERT in a read-only transaction');
    expect((await app.query('select count(*)::int as n from public.t')).rows).toEqual([{ n: before }]);
    // The agent's own go on, and so does an owner who frees space.
    await a.sql("select pg_logical_emit_message(true, 'holdfast', 'beat')");
    await app.query('set default_transaction_read_only = off');
    await app.query("delete from public.t where note = 'while it is tight'");
    await app.query('reset default_transaction_read_only');
  }

  /** That runs out all the same stops PostgreSQL, which comes back with the headroom and has lost nothing. */
  async function runsOut(): Promise<void> {
    const before = await rows();
    await leaveFree(0);
    const write = async (): Promise<void> => {
      for (;;) await a.sql("select pg_logical_emit_message(false, 'test', repeat('x', 1000000))");
    };
    await expect(write()).rejects.toThrow();
    await a.gone();
    expect(await a.log()).toContain('No space left on device');
    await space.makeRoom();
    await expect(headroom()).rejects.toThrow('ENOENT');
    await startAndWait(a.ctx);
    expect(await rows()).toBeGreaterThanOrEqual(before);
    expect(await space.look()).toBe('full');
    app = await a.connect();
    await expect(app.query(ROW)).rejects.toThrow('read-only');
  }

  /** Lets applications write again when there is space again, by itself. */
  async function writesAgain(): Promise<void> {
    await rm(ballast());
    await until('space to be ample', {}, async () => {
      await a.sql('checkpoint');
      return (await space.look()) === 'ample' && (await headroomThere());
    });
    await until('the application to write', {}, async () => {
      try {
        await app.query("insert into public.t (note) values ('again')");
        return true;
      } catch (error) {
        if (String(error).includes('read-only')) return false;
        throw error;
      }
    });
    expect(await shown(a.ctx, 'default_transaction_read_only')).toBe('off');
  }

  test('gives up WAL, then lets applications only read, survives running out, and recovers', async () => {
    await holdsBack();
    await givesUpWal();
    await refusesWrites();
    await runsOut();
    await writesAgain();
  });
});
