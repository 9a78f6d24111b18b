import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { TestCluster, type TestNode } from './support/cluster';

describe('real', () => {
  let cluster: TestCluster;
  let primary: TestNode;
  beforeAll(async () => {
    cluster = await TestCluster.create();
  }, 60_000);
  afterAll(() => cluster.end(), 60_000);
  test('start', async () => {
    let t = performance.now();
    const lap = (what: string) => {
      console.log(what, performance.now() - t);
      t = performance.now();
    };
    try {
      primary = await cluster.addPrimary('a');
      lap('primary');
      const b = await cluster.addStandby(primary, 'b');
      lap('standby');
      console.log(JSON.stringify(await primary.up(), (_k, v) => (typeof v === 'bigint' ? v.toString(16) : v), 1));
      console.log(JSON.stringify(await b.up(), (_k, v) => (typeof v === 'bigint' ? v.toString(16) : v), 1));
      lap('observe');
    } catch (e) {
      console.log(e);
      for (const n of cluster.nodes) console.log(await n.log());
      throw e;
    }
  }, 60_000);
});
