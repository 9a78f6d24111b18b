import { chown, copyFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { controlData } from '../../../agent/postgres/control';
import { PostgresRefused, PostgresTimeout } from '../../../agent/postgres/errors';
import { emitLocal } from '../../../agent/postgres/messages';
import { promote } from '../../../agent/postgres/promote';
import { attachUpstream, detachUpstream } from '../../../agent/postgres/receiver';
import { writeRole } from '../../../agent/postgres/role';
import { markStandby, startAndWait, stopToLastProcess } from '../../../agent/postgres/start';
import { enforce } from '../../../agent/postgres/syncstandbys';
import { until } from '../../../agent/postgres/wait';
import { endOfReplay, segmentName, waitForEndOfReplay } from '../../../agent/postgres/wal';
import { formatLsn, type Lsn } from '../../../core/lsn';
import { quorum, TestCluster, type TestNode } from './support/cluster';

jest.setTimeout(60_000);

const PAGE = 8192n;
const SEGMENT = 16n * 1024n * 1024n;
const DETACHED = { upstream: null, syncNames: { kind: 'sentinel' } } as const;

describe('the end of replay', () => {
  let cluster: TestCluster;
  let a: TestNode;
  let b: TestNode;

  beforeEach(async () => {
    cluster = await TestCluster.create();
    a = await cluster.addPrimary('a');
    b = await cluster.addStandby(a, 'b');
  });

  afterEach(() => cluster.end());

  /** b follows a again, and is detached behind the next record. */
  async function provesTheNext(): Promise<void> {
    await attachUpstream(b.ctx, a.upstream, b.member);
    const next = await emitLocal(a.ctx);
    await received(b, next);
    await detachUpstream(b.ctx);
    expect(await waitForEndOfReplay(b.ctx)).toEqual({ timeline: 1, lsn: next });
  }

  async function received(node: TestNode, lsn: Lsn): Promise<void> {
    await until(`${node.member} to have received ${formatLsn(lsn)}`, {}, async () => {
      return ((await node.up()).receivedLsn ?? 0n) >= lsn;
    });
  }

  /** Ends every process at once, as a power cut does, and starts the standby with no upstream. */
  async function killAndStart(node: TestNode): Promise<void> {
    await stopToLastProcess(node.ctx, { fastMs: 0, immediateMs: 0 });
    await writeRole(node.ctx, DETACHED);
    await startAndWait(node.ctx);
  }

  test('is the last position that was received', async () => {
    const lsn = await emitLocal(a.ctx);
    await received(b, lsn);
    await detachUpstream(b.ctx);
    expect(await waitForEndOfReplay(b.ctx)).toEqual({ timeline: 1, lsn });
    expect(await endOfReplay(b.ctx)).toEqual({ timeline: 1, lsn });
  });

  test('is not claimed while replay is behind, nor while a receiver is left', async () => {
    await expect(endOfReplay(b.ctx)).rejects.toThrow(/receiver is left/);
    await expect(endOfReplay(a.ctx)).rejects.toThrow(PostgresRefused);
    const before = await a.up();
    await received(b, before.lsn);
    const thaw = await b.freeze('startup');
    const lsn = await emitLocal(a.ctx);
    await received(b, lsn);
    await detachUpstream(b.ctx);
    expect((await b.up()).lsn).toBeLessThan(lsn);
    expect(await endOfReplay(b.ctx)).toBeUndefined();
    await expect(waitForEndOfReplay(b.ctx, { timeoutMs: 300 })).rejects.toThrow(PostgresTimeout);
    thaw();
    expect(await waitForEndOfReplay(b.ctx)).toEqual({ timeline: 1, lsn });
  });

  test('holds everything acknowledged by a standby that was killed before it replayed it (S4)', async () => {
    await enforce(a.ctx, quorum(1, b), { kind: 'none' });
    await received(b, (await a.up()).lsn);
    await b.freeze('startup');
    expect(await a.commits('flushed, not replayed')).toBe(true);
    const { lsn } = await a.up();
    await killAndStart(b);
    expect((await waitForEndOfReplay(b.ctx)).lsn).toBeGreaterThanOrEqual(lsn);
    expect(await b.sql('select note from public.t')).toEqual([{ note: 'flushed, not replayed' }]);
    // What PostgreSQL says of what it received: nothing.
    expect((await b.up()).receivedLsn).toBeNull();
  });

  test('holds everything of a primary that was killed and starts as a standby (S9)', async () => {
    expect(await a.commits('last words')).toBe(true);
    const { lsn } = await a.up();
    await markStandby(a.ctx);
    await killAndStart(a);
    expect((await waitForEndOfReplay(a.ctx)).lsn).toBeGreaterThanOrEqual(lsn);
    expect((await a.up()).inRecovery).toBe(true);
  });

  test('is proved at the end of a segment, where the next one may not exist', async () => {
    await a.sql('select pg_switch_wal()');
    await until('b to reach the boundary', {}, async () => (await b.up()).lsn % SEGMENT === 0n);
    await detachUpstream(b.ctx);
    const end = await waitForEndOfReplay(b.ctx);
    expect(end.lsn % SEGMENT).toBe(0n);
    await killAndStart(b);
    expect(await waitForEndOfReplay(b.ctx)).toEqual(end);
  });

  test('is proved beside segments that were made ahead and never written, be it the next one', async () => {
    await a.sql('select pg_switch_wal()');
    await until('b to reach the boundary', {}, async () => (await b.up()).lsn % SEGMENT === 0n);
    await detachUpstream(b.ctx);
    const { lsn } = await b.up();
    // Many, since which one pg_waldump would look at first depends on the directory's order.
    for (let nth = 0n; nth < 20n; nth += 1n) {
      const path = join(b.ctx.layout.data, 'pg_wal', segmentName(1, (lsn + nth * SEGMENT) as Lsn));
      await writeFile(path, '');
      await truncate(path, Number(SEGMENT));
      await chown(path, b.ctx.user.uid, b.ctx.user.gid);
    }
    expect(await waitForEndOfReplay(b.ctx)).toEqual({ timeline: 1, lsn });
    await provesTheNext();
  });

  test('is proved at the end of a page, where the next record begins behind a header', async () => {
    const lsn = await fillPage(a);
    await received(b, lsn);
    await detachUpstream(b.ctx);
    expect(await waitForEndOfReplay(b.ctx)).toEqual({ timeline: 1, lsn });
    await provesTheNext();
  });

  test('lies on the timeline of replay, which the control file does not tell (S4)', async () => {
    const c = await cluster.addStandby(a, 'c');
    await detachUpstream(b.ctx);
    await promote(b.ctx, 2);
    await enforce(b.ctx, quorum(1, c), { kind: 'sentinel' });
    await cluster.follow(c, b);
    expect(await b.commits('on timeline 2')).toBe(true);
    await detachUpstream(c.ctx);
    expect((await waitForEndOfReplay(c.ctx)).timeline).toBe(2);
    expect((await c.up()).timeline).toBe(2);
    expect((await controlData(c.ctx))?.checkpointTimeline).toBe(1);
    await killAndStart(c);
    expect((await waitForEndOfReplay(c.ctx)).timeline).toBe(2);
  });

  test('is not claimed before a fork that was received and not replayed', async () => {
    const c = await cluster.addStandby(a, 'c');
    await received(c, (await a.up()).lsn);
    await detachUpstream(b.ctx);
    await detachUpstream(c.ctx);
    expect(await waitForEndOfReplay(c.ctx)).toEqual(await waitForEndOfReplay(b.ctx));
    const { timeline, forkLsn } = await promote(b.ctx, 2);
    expect(timeline).toBe(2);
    const segment = `0000000200000000${(forkLsn / SEGMENT).toString(16).toUpperCase().padStart(8, '0')}`;
    const [from, to] = [b, c].map((node) => join(node.ctx.layout.data, 'pg_wal', segment));
    await copyFile(from ?? '', to ?? '');
    expect(await endOfReplay(c.ctx)).toBeUndefined();
    await rm(to ?? '');
    expect(await endOfReplay(c.ctx)).toEqual({ timeline: 1, lsn: forkLsn });
  });
});

/** Writes messages until a record ends exactly where a page does; that position. */
async function fillPage(node: TestNode): Promise<Lsn> {
  const write = async (bytes: number): Promise<Lsn> => {
    const sql = `select pg_logical_emit_message(false, '', repeat('x', ${bytes}), true) - '0/0' as position`;
    return BigInt(String((await node.sql(sql))[0]?.['position'])) as Lsn;
  };
  let lsn = await write(0);
  while (lsn % PAGE !== 0n) {
    const before = lsn;
    // Small ones tell what a record costs besides its content; the last one takes what is left.
    lsn = await write(0);
    const overhead = lsn - before;
    const left = PAGE - (lsn % PAGE);
    if (left > overhead && left < PAGE - 1024n) lsn = await write(Number(left - overhead));
  }
  return lsn;
}
