import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { GIVEN_UP } from '../../../agent/postgres/setaside';
import { until } from '../../../agent/postgres/wait';
import { slotOf } from '../../../core/member';
import { acceptLoss } from '../../../core/operator';
import { frozen } from '../postgres/support/cluster';
import { TestAgents, type AgentUnderTest } from './support/agents';

jest.setTimeout(240_000);

async function hasNotes(node: AgentUnderTest, expected: readonly string[]): Promise<void> {
  await until(`${node.slot} to hold ${expected.join(', ')}`, { timeoutMs: 20_000 }, async () => {
    const notes = (await node.server.sql('select note from public.t order by id')).map((row) => row['note']);
    return JSON.stringify(notes) === JSON.stringify(expected);
  });
}

describe('When more has failed than the guarantee covers', () => {
  let agents: TestAgents;
  beforeEach(async () => {
    agents = await TestAgents.create();
    await agents.bootstrap();
  });
  afterEach(() => agents.end());

  it('the one that is left serves when an operator accepts loss, and those that come back keep what was given up', async () => {
    const [a, b, c] = [agents.node('a'), agents.node('b'), agents.node('c')];
    expect(await a.server.commits('kept')).toBe(true);
    await hasNotes(c, ['kept']);
    // Nothing more leaves for c, and b alone confirms.
    const sender = (await a.server.up()).replication.find(({ member }) => slotOf(member) === 'c');
    if (sender === undefined) throw new Error('The primary does not feed c.');
    frozen(sender.pid);
    expect(await a.server.commits('given up')).toBe(true);
    await Promise.all([a.powerOff(), b.powerOff()]);

    await agents.elect();
    await until('c to pledge', { timeoutMs: 20_000 }, async () => {
      const { found } = await agents.register.readPledges([c.slot]);
      return found.get(c.slot)?.term === 2;
    });
    expect(await agents.chooseAtOnce()).toMatchObject({ rule: 'C9-pledges-missing' });
    await agents.command((record) => acceptLoss(record, { wallClockMs: 1 }));
    expect(await agents.chooseAtOnce()).toMatchObject({ rule: 'C15-choose-with-loss' });
    const record = await agents.whole();
    expect(slotOf(record.primary.member)).toBe('c');
    expect(record.lineage.map(({ timeline, lossy }) => [timeline, lossy])).toEqual([
      [1, undefined],
      [2, true],
    ]);
    expect(await c.server.commits('after')).toBe(true);

    await Promise.all([a.start(), b.start()]);
    await agents.whole();
    for (const node of [a, b]) {
      await hasNotes(node, ['kept', 'after']);
      const aside = await readdir(node.server.ctx.layout.aside);
      expect(aside).toEqual([expect.stringMatching(new RegExp(`^${node.slot}_.*${GIVEN_UP.replace('.', '\\.')}$`))]);
    }
  });
});
