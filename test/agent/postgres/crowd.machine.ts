import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Client } from 'pg';
import { emitLocal } from '../../../agent/postgres/messages';
import { observe } from '../../../agent/postgres/observe';
import { ROLE } from '../../../core/names';
import { ACCOUNTS, TestCluster, type TestNode } from './support/cluster';

jest.setTimeout(60_000);

describe('a crowd of clients', () => {
  let cluster: TestCluster;
  let a: TestNode;
  const crowd: Client[] = [];

  beforeAll(async () => {
    cluster = await TestCluster.create();
    a = await cluster.addPrimary('a');
  });

  afterAll(async () => {
    for (const client of crowd) await client.end();
    await cluster.end();
  });

  test('that takes every place is refused more of them', async () => {
    const fill = async (): Promise<void> => {
      for (;;) crowd.push(await a.connect());
    };
    await expect(fill()).rejects.toThrow(/remaining connection slots are reserved/);
    expect(crowd.length).toBeGreaterThan(5);
  });

  test('keeps out neither the agent, which looks and writes', async () => {
    expect((await observe(a.ctx)).state).toBe('up');
    await emitLocal(a.ctx, { timeoutMs: 5_000 });
  });

  test('nor the health checker, with as many connections as several of it have', async () => {
    const checkers: Client[] = [];
    for (let count = 0; count < 10; count += 1) checkers.push(await a.connect(ROLE.monitor, ACCOUNTS.monitorPassword));
    for (const each of checkers) {
      expect(
        (await each.query("select pg_logical_emit_message(true, 'holdfast', 'probe') is not null as t")).rows,
      ).toEqual([{ t: true }]);
      await each.end();
    }
  });
});
