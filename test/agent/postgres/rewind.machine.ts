import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { controlData } from '../../../agent/postgres/control';
import { PostgresError, PostgresRefused } from '../../../agent/postgres/errors';
import { promote } from '../../../agent/postgres/promote';
import { detachUpstream } from '../../../agent/postgres/receiver';
import { rewind } from '../../../agent/postgres/rewind';
import { writeRole } from '../../../agent/postgres/role';
import { dropFormerSlots } from '../../../agent/postgres/slots';
import { isMarkedStandby, markStandby, startAndWait, stopToLastProcess } from '../../../agent/postgres/start';
import { enforce } from '../../../agent/postgres/syncstandbys';
import { ancestry } from '../../../agent/postgres/timelines';
import { until } from '../../../agent/postgres/wait';
import { waitForEndOfReplay } from '../../../agent/postgres/wal';
import { TestCluster, type TestNode } from './support/cluster';

jest.setTimeout(60_000);

const SENTINEL = { kind: 'sentinel' } as const;
const NONE = { kind: 'none' } as const;
const KILL = { fastMs: 0, immediateMs: 0 };
const STOP = { fastMs: 10_000, immediateMs: 5_000 };

describe('a rewind', () => {
  let cluster: TestCluster;
  let a: TestNode;
  let b: TestNode;

  /** a wrote what b never got, then was killed; b is the primary of term 2 and wrote other things. */
  beforeEach(async () => {
    cluster = await TestCluster.create();
    a = await cluster.addPrimary('a');
    b = await cluster.addStandby(a, 'b');
    expect(await a.commits('shared')).toBe(true);
    // Nobody had to confirm it.
    await until('b to have it', {}, async () => JSON.stringify(await notes(b)) === '[{"note":"shared"}]');
    await detachUpstream(b.ctx);
    expect(await a.commits('only on a')).toBe(true);
    await stopToLastProcess(a.ctx, KILL);
    await waitForEndOfReplay(b.ctx);
    await promote(b.ctx, 2);
    await enforce(b.ctx, NONE, SENTINEL);
    expect(await b.commits('on timeline 2')).toBe(true);
  });

  afterEach(() => cluster.end());

  function notes(node: TestNode): Promise<unknown> {
    return node.sql('select note from public.t order by id');
  }

  test('puts a killed primary onto the new timeline, where it follows', async () => {
    expect(await rewind(a.ctx, b.upstream)).toEqual({ rewound: true });
    await cluster.follow(a, b);
    expect(await notes(a)).toEqual([{ note: 'shared' }, { note: 'on timeline 2' }]);
    expect(await ancestry(a.ctx)).toEqual(await ancestry(b.ctx));
    expect((await a.up()).inRecovery).toBe(true);
    await dropFormerSlots(a.ctx);
    expect((await a.up()).slots).toEqual([]);
  });

  test('leaves the directory marked as a standby, without the settings of its source (S7)', async () => {
    const foreign = "port = '5499'\n";
    await writeFile(join(b.ctx.layout.data, 'postgresql.auto.conf'), foreign);
    const roleOfA = await readFile(a.ctx.layout.config.role, 'utf8');
    await rewind(a.ctx, b.upstream);
    expect(await isMarkedStandby(a.ctx)).toBe(true);
    expect(await readFile(join(a.ctx.layout.data, 'postgresql.auto.conf'), 'utf8')).toBe('');
    expect(await readFile(a.ctx.layout.config.role, 'utf8')).toContain('holdfast_nobody');
    expect(roleOfA).not.toContain('holdfast_nobody');
    await startAndWait(a.ctx);
    expect((await a.up()).inRecovery).toBe(true);
  });

  test('forgets what was noted of the old data', async () => {
    await writeFile(
      a.ctx.layout.state.ancestry,
      '[{"timeline":2,"forkLsn":"0/1","firstRecord":"of another promotion"}]',
    );
    await rewind(a.ctx, b.upstream);
    await expect(readFile(a.ctx.layout.state.ancestry, 'utf8')).rejects.toThrow('ENOENT');
  });

  test('of a directory that stopped cleanly starts nothing', async () => {
    await markStandby(a.ctx);
    await writeRole(a.ctx, { upstream: null, syncNames: SENTINEL });
    await startAndWait(a.ctx);
    await stopToLastProcess(a.ctx, STOP);
    const log = await a.log();
    await rewind(a.ctx, b.upstream);
    expect(await a.log()).toBe(log);
    expect((await controlData(a.ctx))?.systemId).toBe((await controlData(b.ctx))?.systemId);
  });

  test('with a source that does not answer touches nothing and may be tried again', async () => {
    await expect(rewind(a.ctx, { address: '127.0.99.99', host: 'b.test.internal' })).rejects.toThrow(
      /cannot reach its source/,
    );
    await expect(rewind(a.ctx, { ...b.upstream, host: 'x.test.internal' })).rejects.toThrow(PostgresError);
    await rewind(a.ctx, b.upstream);
    await cluster.follow(a, b);
  });

  test('that cannot find the WAL back to the fork is refused', async () => {
    await markStandby(a.ctx);
    await startAndWait(a.ctx);
    await stopToLastProcess(a.ctx, STOP);
    const wal = join(a.ctx.layout.data, 'pg_wal');
    for (const name of await readdir(wal)) if (/^[0-9A-F]{24}$/.test(name)) await rm(join(wal, name));
    await expect(rewind(a.ctx, b.upstream)).rejects.toThrow(PostgresRefused);
  });

  test('is refused while the server runs, and without a directory', async () => {
    await expect(rewind(b.ctx, a.upstream)).rejects.toThrow(/still has a process/);
    const d = await cluster.addNode('d');
    await expect(rewind(d.ctx, b.upstream)).rejects.toThrow(/no data directory/);
  });

  test('PostgreSQL itself would make it a second primary (S7)', async () => {
    await rewind(a.ctx, b.upstream);
    await rm(join(a.ctx.layout.data, 'standby.signal'));
    await startAndWait(a.ctx);
    const [ofA, ofB] = [await a.up(), await b.up()];
    expect([ofA.inRecovery, ofA.timeline, ofA.systemId]).toEqual([ofB.inRecovery, ofB.timeline, ofB.systemId]);
  });
});
