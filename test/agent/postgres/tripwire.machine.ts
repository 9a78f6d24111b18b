import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { observe } from '../../../agent/postgres/observe';
import { startAndWait } from '../../../agent/postgres/start';
import { Tripwire } from '../../../agent/postgres/tripwire';
import { until } from '../../../agent/postgres/wait';
import { sendSignal } from './support/direct-service';
import { TestCluster, type TestNode } from './support/cluster';

jest.setTimeout(60_000);

describe('a tripwire', () => {
  let cluster: TestCluster;
  let a: TestNode;
  let told: number;
  let tripwire: Tripwire;

  beforeAll(async () => {
    cluster = await TestCluster.create();
    a = await cluster.addPrimary('a');
    told = 0;
    tripwire = new Tripwire(a.ctx, () => (told += 1));
  });

  afterAll(() => cluster.end());

  test('tells that the postmaster was killed, that a backend crashed, and nothing when it was cut', async () => {
    await tripwire.keepTied();
    await tripwire.keepTied();
    const postmaster = await a.service.mainPid();
    sendSignal(postmaster ?? 0, 'SIGKILL');
    await until('it to be told', {}, () => Promise.resolve(told > 0));
    expect(told).toBe(1);
    expect((await observe(a.ctx)).state).toBe('down');

    await a.gone();
    await startAndWait(a.ctx);
    await tripwire.keepTied();
    const [row] = await a.sql("select pid from pg_stat_activity where backend_type = 'checkpointer'");
    sendSignal(Number(row?.['pid']), 'SIGKILL');
    await until('it to be told', {}, () => Promise.resolve(told > 1));

    await a.gone();
    await expect(tripwire.keepTied()).rejects.toThrow('Nobody listens');
    await startAndWait(a.ctx);
    await tripwire.keepTied();
    tripwire.cut();
    await a.service.stop('fast');
    await a.gone();
    expect(told).toBe(2);
  });
});
