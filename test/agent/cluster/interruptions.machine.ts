import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { shown } from '../../../agent/postgres/role';
import { until } from '../../../agent/postgres/wait';
import { slotOf } from '../../../core/member';
import { frozen } from '../postgres/support/cluster';
import { TestAgents, type AgentUnderTest } from './support/agents';

jest.setTimeout(240_000);

async function notes(node: AgentUnderTest): Promise<readonly unknown[]> {
  return (await node.server.sql('select note from public.t order by id')).map((row) => row['note']);
}

async function hasNotes(node: AgentUnderTest, expected: readonly string[]): Promise<void> {
  await until(`${node.slot} to hold ${expected.join(', ')}`, { timeoutMs: 20_000 }, async () => {
    return JSON.stringify(await notes(node)) === JSON.stringify(expected);
  });
}

/** WAL receivers stop in their tracks: what the primary writes from now on reaches nobody. */
async function freezeReceivers(nodes: readonly AgentUnderTest[]): Promise<() => void> {
  const thaws = await Promise.all(nodes.map((node) => node.server.freeze('walreceiver')));
  return () => thaws.forEach((thaw) => thaw());
}

/** Walsenders stop: what the primary writes from now on does not even leave it. */
async function freezeSenders(primary: AgentUnderTest): Promise<void> {
  const { replication } = await primary.server.up();
  if (replication.length === 0) throw new Error('The primary feeds nobody.');
  for (const { pid } of replication) frozen(pid);
}

describe('Interrupted on the way', () => {
  let agents: TestAgents;
  beforeEach(async () => {
    agents = await TestAgents.create();
    await agents.bootstrap();
  });
  afterEach(() => agents.end());

  it('an old primary with a tail that nobody acknowledged is rewound, as a new member', async () => {
    const a = agents.node('a');
    expect(await a.server.commits('kept')).toBe(true);
    const before = a.status()?.member;
    await freezeSenders(a);
    expect(await a.server.commits('tail', 1_000)).toBe(false);
    await a.powerOff();
    await agents.failover();
    await agents.whole();
    expect(await (await agents.primary()).server.commits('after')).toBe(true);

    await a.start();
    await agents.whole();
    await hasNotes(a, ['kept', 'after']);
    expect(a.status()?.member).not.toBe(before);
    expect(a.lines.join('')).toContain('"code":"rewound"');
  });

  it('a promotion whose last write is lost is finished by the next beat', async () => {
    expect(await agents.node('a').server.commits('kept')).toBe(true);
    let refusals = 2;
    agents.register.beforeWrite = (next) => {
      if (next.phase === 'steady' && next.term === 2 && refusals-- > 0) throw new Error('the network lost it');
    };
    await agents.node('a').powerOff();
    await agents.failover();
    const record = await agents.whole();
    expect(record.lineage.map((entry) => entry.timeline)).toEqual([1, 2]);
    expect(refusals).toBeLessThan(0);
    await hasNotes(await agents.primary(), ['kept']);
  });

  it('a chosen member that dies in its promotion is overtaken, and comes back without what it wrote', async () => {
    const a = agents.node('a');
    expect(await a.server.commits('kept')).toBe(true);
    let dying: Promise<void> | undefined;
    agents.register.beforeWrite = (next) => {
      if (next.phase !== 'steady' || next.term !== 2) return;
      dying ??= agents.node(slotOf(next.primary.member)).powerOff();
      throw new Error('the power went');
    };
    await agents.elect();
    const chosen = await agents.choose();
    if (chosen.phase !== 'promoting') throw new Error('nobody was chosen');
    await until('the chosen one to die', { timeoutMs: 20_000 }, () => Promise.resolve(dying !== undefined));
    await dying;

    await agents.failover();
    const record = await agents.whole();
    expect(record.term).toBe(3);
    expect(record.lineage.map((entry) => entry.timeline)).toEqual([1, 3]);
    expect(await (await agents.primary()).server.commits('after')).toBe(true);

    const back = agents.node(slotOf(chosen.primary.member));
    await back.start();
    await agents.whole();
    await hasNotes(back, ['kept', 'after']);
  });

  it('a living primary that is voted out follows the new one and loses nothing', async () => {
    const a = agents.node('a');
    expect(await a.server.commits('before')).toBe(true);
    await agents.failover();
    const record = await agents.whole();
    expect(slotOf(record.primary.member)).not.toBe('a');
    expect(await (await agents.primary()).server.commits('after')).toBe(true);
    await hasNotes(a, ['before', 'after']);
    expect(a.status()?.role).toBe('standby');
  });

  it('the primary is lost again and again, each time another, and no commit with it', async () => {
    const expected: string[] = [];
    for (let round = 1; round <= 4; round += 1) {
      const primary = await agents.primary();
      expect(await primary.server.commits(`round ${round}`)).toBe(true);
      expected.push(`round ${round}`);
      await primary.powerOff();
      await agents.failover();
      await agents.whole();
      await hasNotes(await agents.primary(), expected);
      await primary.start();
      const record = await agents.whole();
      expect(record.lineage.at(-1)?.timeline).toBe(record.term);
    }
    for (const node of agents.nodes.values()) await hasNotes(node, expected);
  });

  it('an agent that restarts beside a serving primary never empties the names', async () => {
    const a = agents.node('a');
    const before = await shown(a.server.ctx, 'synchronous_standby_names');
    await a.stopAgent();
    expect(await a.server.commits('without an agent')).toBe(true);
    await a.start();
    await agents.whole();
    expect(await shown(a.server.ctx, 'synchronous_standby_names')).toBe(before);
    expect(await a.server.commits('with it')).toBe(true);
  });

  it('a crashed PostgreSQL is started again in place when nobody takes over, and clients wait for the quorum', async () => {
    const a = agents.node('a');
    expect(await a.server.commits('before')).toBe(true);
    await a.server.service.stop('kill');
    await until('the agent to see it', { timeoutMs: 10_000 }, () =>
      Promise.resolve(a.status()?.postgres.state === 'down'),
    );
    await agents.whole();
    expect((await agents.record()).term).toBe(1);
    expect(await a.server.commits('after')).toBe(true);
  });

  it('without the register nothing changes, and commits go on', async () => {
    agents.register.isDown = true;
    const a = agents.node('a');
    expect(await a.server.commits('without the register')).toBe(true);
    await until('the agents to notice', { timeoutMs: 10_000 }, () =>
      Promise.resolve((a.status()?.record?.ageMs ?? 0) > 2_000),
    );
    expect(await a.server.commits('still')).toBe(true);
    expect(await a.door.isOpen()).toBe(true);
    agents.register.isDown = false;
    await agents.whole();
  });

  it('a primary without register and without quorum lets nobody in, until it has one of them again', async () => {
    const [a, b, c] = [agents.node('a'), agents.node('b'), agents.node('c')];
    agents.register.isDown = true;
    const thaw = await freezeReceivers([b, c]);
    await until('the door to close', { timeoutMs: 30_000 }, async () => !(await a.door.isOpen()));
    thaw();
    await until('the door to open', { timeoutMs: 30_000 }, () => a.door.isOpen());
    agents.register.isDown = false;
    await agents.whole();
  });

  it('a standby that dies leaves the guarantee, then the last one, and both come back into it', async () => {
    const [a, b, c] = [agents.node('a'), agents.node('b'), agents.node('c')];
    await b.powerOff();
    await until('b to leave', { timeoutMs: 30_000 }, async () => {
      const record = await agents.record();
      return record.phase === 'steady' && record.guarantees.length === 1 && record.guarantees[0]?.standbys.length === 1;
    });
    await c.powerOff();
    await until('the guarantee to degrade', { timeoutMs: 40_000 }, async () => {
      const record = await agents.record();
      return record.phase === 'steady' && record.guarantees.length === 1 && record.guarantees[0]?.acks === 0;
    });
    expect(await a.server.commits('alone')).toBe(true);
    await b.start();
    await c.start();
    await agents.whole();
    await hasNotes(b, ['alone']);
    await hasNotes(c, ['alone']);
  });

  it('a volume that is a copy of another comes back as a new member', async () => {
    const b = agents.node('b');
    const before = b.status()?.member;
    await b.powerOff();
    b.volumeId = 'vol-0fedcba9876543210';
    await b.start();
    await agents.whole();
    expect(b.status()?.member).not.toBe(before);
  });
});
