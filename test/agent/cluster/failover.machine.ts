import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { until } from '../../../agent/postgres/wait';
import { slotOf } from '../../../core/member';
import { TestAgents } from './support/agents';

jest.setTimeout(180_000);

describe('Three agents on real PostgreSQL', () => {
  let agents: TestAgents;
  beforeEach(async () => {
    agents = await TestAgents.create();
    await agents.bootstrap();
  });
  afterEach(() => agents.end());

  it('initialize one slot, clone the others, and put both into the guarantee', async () => {
    const record = await agents.whole();
    expect(slotOf(record.primary.member)).toBe('a');
    expect(record.guarantees[0]?.standbys.map(slotOf)).toEqual(['b', 'c']);
    expect(record.guarantees[0]?.acks).toBe(1);
    expect(await agents.node('a').server.commits('first')).toBe(true);
  });

  it('lose no acknowledged commit when the primary loses power, and take it back by itself', async () => {
    const a = agents.node('a');
    expect(await a.server.commits('acknowledged')).toBe(true);
    await a.powerOff();
    await agents.failover();
    const record = await agents.whole();
    const slot = slotOf(record.primary.member);
    expect(['b', 'c']).toContain(slot);
    expect(record.lineage.map((entry) => entry.timeline)).toEqual([1, 2]);
    const primary = agents.node(slot).server;
    expect(await primary.sql(`select note from public.t`)).toEqual([{ note: 'acknowledged' }]);
    expect(await primary.commits('after')).toBe(true);

    await a.start();
    await agents.whole();
    await until('the old primary to have the new commit', { timeoutMs: 10_000 }, async () => {
      const rows = await a.server.sql(`select note from public.t order by id`);
      return rows.length === 2;
    });
  });
});
