import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { reload, writeBase } from '../../../agent/postgres/configuration';
import { startAndWait, stopToLastProcess } from '../../../agent/postgres/start';
import { until } from '../../../agent/postgres/wait';
import { SMALL, TestCluster, type TestNode } from './support/cluster';

jest.setTimeout(60_000);

describe('a standby that allows fewer connections than its primary', () => {
  const LARGER = { parameters: { ...SMALL, max_connections: '40' } };
  let cluster: TestCluster;
  let a: TestNode;
  let b: TestNode;

  beforeAll(async () => {
    cluster = await TestCluster.create();
    a = await cluster.addPrimary('a');
    b = await cluster.addStandby(a, 'b');
  });

  afterAll(() => cluster.end());

  test('no longer replays, is seen to need a restart when it has the settings, and replays after it', async () => {
    await writeBase(a.ctx, 'test', LARGER);
    await stopToLastProcess(a.ctx, { fastMs: 20_000, immediateMs: 5_000 });
    await startAndWait(a.ctx);
    await until('replay to pause', {}, async () => (await b.up()).replayPaused);
    expect((await b.up()).replayHeld).toBe(false);

    await writeBase(b.ctx, 'test', LARGER);
    await reload(b.ctx);
    await until('it to be seen', {}, async () => (await b.up()).replayHeld);

    await a.sql("insert into public.t (note) values ('after the restart')");
    await stopToLastProcess(b.ctx, { fastMs: 0, immediateMs: 0 });
    await startAndWait(b.ctx);
    await until('b to replay it', {}, async () => (await b.sql('select from public.t')).length === 1);
    expect(await b.up()).toMatchObject({ replayPaused: false, replayHeld: false });
  });
});
