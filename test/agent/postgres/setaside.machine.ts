import { access, mkdir, readdir, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { PostgresError } from '../../../agent/postgres/errors';
import { clone } from '../../../agent/postgres/clone';
import { pruneAside, removableBytes, setAside } from '../../../agent/postgres/setaside';
import { isMarkedStandby, stopToLastProcess } from '../../../agent/postgres/start';
import { TestCluster, type TestNode } from './support/cluster';

jest.setTimeout(60_000);

describe('a directory set aside, and the clone in its place', () => {
  let cluster: TestCluster;
  let a: TestNode;
  let b: TestNode;

  beforeAll(async () => {
    cluster = await TestCluster.create();
    a = await cluster.addPrimary('a');
    b = await cluster.addStandby(a, 'b');
  });

  afterAll(() => cluster.end());

  test('is kept whole under its name, and its place is free for a clone', async () => {
    await expect(setAside(b.ctx, 'b_btest0001-1')).rejects.toThrow(/still has a process/);
    await stopToLastProcess(b.ctx, { fastMs: 10_000, immediateMs: 1_000 });
    await writeFile(b.ctx.layout.state.ancestry, '[]');
    const place = await setAside(b.ctx, 'b_btest0001-1');
    expect(place).toBe(join(b.ctx.layout.aside, 'b_btest0001-1'));
    await access(join(place ?? '', 'PG_VERSION'));
    await expect(access(b.ctx.layout.data)).rejects.toThrow('ENOENT');
    await expect(access(b.ctx.layout.state.ancestry)).rejects.toThrow('ENOENT');
    expect(await setAside(b.ctx, 'b_btest0001-2')).toBeUndefined();

    const progress: string[] = [];
    await clone(b.ctx, a.upstream, b.member, { onProgress: (text) => progress.push(text) });
    expect(progress.join('')).toContain('100%');
    expect(await isMarkedStandby(b.ctx)).toBe(true);
    await cluster.follow(b, a);
    await stopToLastProcess(b.ctx, { fastMs: 10_000, immediateMs: 1_000 });
    await expect(setAside(b.ctx, 'b_btest0001-1')).rejects.toThrow(/there already/);
    await expect(setAside(b.ctx, '../elsewhere')).rejects.toThrow(/cannot name a directory/);
  });

  test('a clone is called off, or fails, in so many words', async () => {
    const c = await cluster.addNode('c');
    await expect(clone(c.ctx, { address: '127.0.99.99', host: 'a.test.internal' }, c.member)).rejects.toThrow(
      /pg_basebackup failed: .*connection/,
    );
    await expect(clone(c.ctx, { ...a.upstream, host: 'x.test.internal' }, c.member)).rejects.toThrow(/does not match/);
    await expect(clone(c.ctx, a.upstream, c.member, { signal: AbortSignal.abort() })).rejects.toThrow();
    await mkdir(c.ctx.layout.data, { recursive: true });
    await writeFile(join(c.ctx.layout.data, 'something'), '');
    await expect(clone(c.ctx, a.upstream, c.member)).rejects.toThrow(PostgresError);
    expect(await readdir(c.ctx.layout.data)).toEqual(['something']);
  });

  test('the oldest go first when room is needed, and no more of them than that', async () => {
    const d = await cluster.addNode('d');
    const { aside, volume } = d.ctx.layout;
    const any = () => true;
    expect(await pruneAside(d.ctx, Number.MAX_SAFE_INTEGER, any)).toEqual([]);
    for (const name of ['zeroth', 'first', 'second']) {
      await mkdir(join(aside, name), { recursive: true });
      await writeFile(join(aside, name, 'ballast'), Buffer.alloc(32 * 1024 * 1024, name));
    }
    expect(await pruneAside(d.ctx, 1, any)).toEqual([]);
    const { bsize, bavail } = await statfs(volume);
    expect(await pruneAside(d.ctx, bsize * bavail + 1, any)).toEqual(['zeroth']);
    const notFirst = (name: string) => name !== 'first';
    expect(await removableBytes(d.ctx, notFirst)).toBeGreaterThanOrEqual(32 * 1024 * 1024);
    expect(await pruneAside(d.ctx, Number.MAX_SAFE_INTEGER, notFirst)).toEqual(['second']);
    expect(await readdir(aside)).toEqual(['first']);
  });
});
