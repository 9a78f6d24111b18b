import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { until } from '../../../agent/postgres/wait';
import { parseSlot, slotOf } from '../../../core/member';
import type { ClusterRecord } from '../../../core/record';
import { TestAgents, type AgentUnderTest } from './support/agents';

jest.setTimeout(240_000);

/** Commits one after the other, on whoever serves, until told to end. */
class Writer {
  readonly acknowledged: string[] = [];
  private isOver = false;
  private readonly writing: Promise<void>;

  constructor(agents: TestAgents) {
    this.writing = this.write(agents);
  }

  async end(): Promise<readonly string[]> {
    this.isOver = true;
    await this.writing;
    return this.acknowledged;
  }

  private async write(agents: TestAgents): Promise<void> {
    for (let nth = 0; !this.isOver; nth += 1) {
      const note = `commit ${nth}`;
      const open = await until('somebody to serve', { timeoutMs: 60_000 }, async () => {
        for (const node of agents.nodes.values()) {
          if ((await node.door.isOpen()) && node.status()?.role === 'primary') return node;
        }
        return this.isOver ? null : undefined;
      });
      if (open !== null && (await open.server.commits(note))) this.acknowledged.push(note);
    }
  }
}

async function notes(node: AgentUnderTest): Promise<readonly unknown[]> {
  return (await node.server.sql('select note from public.t')).map((row) => row['note']);
}

async function termOver(agents: TestAgents, term: number): Promise<ClusterRecord> {
  return until(`term ${term} to be steady`, { timeoutMs: 60_000 }, async () => {
    const record = await agents.record();
    return record.phase === 'steady' && record.term === term ? record : undefined;
  });
}

describe('A switchover', () => {
  let agents: TestAgents;
  beforeEach(async () => {
    agents = await TestAgents.create();
    await agents.bootstrap();
  });
  afterEach(() => agents.end());

  it('makes the wanted standby primary under load, loses nothing, and the old primary follows without a rewind', async () => {
    const writer = new Writer(agents);
    await until('some commits', { timeoutMs: 20_000 }, () => Promise.resolve(writer.acknowledged.length > 3));
    const before = agents.node('a').status()?.member;
    await agents.switchOver('c');
    await termOver(agents, 2);
    const record = await agents.whole();
    const after = writer.acknowledged.length;
    await until('commits on the new primary', { timeoutMs: 20_000 }, () =>
      Promise.resolve(writer.acknowledged.length > after),
    );
    const acknowledged = await writer.end();

    expect(slotOf(record.primary.member)).toBe('c');
    expect(agents.register.history.filter(({ phase }) => phase === 'electing')).toMatchObject([
      { term: 2, election: { reason: 'switchover-requested', favoured: record.primary.member } },
    ]);
    expect(record.switchover).toBeUndefined();
    expect(await notes(agents.node('c'))).toEqual(expect.arrayContaining([...acknowledged]));
    expect(agents.node('a').status()?.member).toBe(before);
    expect(agents.node('a').lines.join('')).toContain('"clean":true');
  });

  it('is given up when the wanted one cannot take over, and the primary serves on', async () => {
    const [a, b] = [agents.node('a'), agents.node('b')];
    await b.stopAgent();
    await until('b to leave the guarantee', { timeoutMs: 30_000 }, async () => {
      const record = await agents.record();
      return record.phase === 'steady' && record.guarantees.length === 1 && record.guarantees[0]?.standbys.length === 1;
    });
    await agents.command((record) => {
      if (record.phase !== 'steady' || b.node === undefined) throw new Error(record.phase);
      const to = b.node.identity.current()?.member;
      if (to === undefined) throw new Error('b is nobody.');
      const next = { ...record, switchover: { to, by: 'operator', requestedAtMs: 1 } as const };
      return { kind: 'replace', judged: record, next };
    });
    await until('the wish to be gone', { timeoutMs: 30_000 }, async () => {
      const record = await agents.record();
      return record.phase === 'steady' && record.switchover === undefined;
    });
    expect((await agents.record()).term).toBe(1);
    expect(await a.server.commits('served on')).toBe(true);
    expect(a.lines.join('')).toContain('"code":"switchover-given-up"');
  });

  it('whose election cannot be written at first is finished by an agent that knows of nothing', async () => {
    const a = agents.node('a');
    let isCut = true;
    agents.register.beforeWrite = (next) => {
      if (next.phase === 'electing' && isCut) throw new Error('the network lost it');
    };
    expect(await a.server.commits('kept')).toBe(true);
    await agents.switchOver('b');
    await until(
      'PostgreSQL to have stopped',
      { timeoutMs: 30_000 },
      async () => !(await a.server.service.hasProcess()),
    );
    await a.stopAgent();
    isCut = false;
    await a.start();
    await termOver(agents, 2);
    const record = await agents.whole();
    expect(slotOf(record.primary.member)).toBe('b');
    expect(await notes(agents.node('b'))).toContain('kept');
  });

  it('whose election cannot be written, since the register is down, ends with the old primary serving again', async () => {
    const a = agents.node('a');
    agents.register.beforeWrite = (next) => {
      if (next.phase !== 'electing') return;
      agents.register.isDown = true;
      throw new Error('the register went down');
    };
    await agents.switchOver('b');
    await until('the register to go down', { timeoutMs: 30_000 }, () => Promise.resolve(agents.register.isDown));
    await until('the door to open again', { timeoutMs: 30_000 }, () => a.door.isOpen());
    expect(await a.server.commits('without the register')).toBe(true);
    agents.register.beforeWrite = undefined;
    agents.register.isDown = false;
    await termOver(agents, 2);
    const record = await agents.whole();
    expect(slotOf(record.primary.member)).toBe('b');
    expect(await notes(agents.node('b'))).toContain('without the register');
  });

  it('is asked for by a primary whose instance is about to go, which then leaves', async () => {
    const a = agents.node('a');
    expect(await a.server.commits('kept')).toBe(true);
    a.leavingSince = performance.now();
    await until('a to leave', { timeoutMs: 60_000 }, () => Promise.resolve(a.hasLeft));
    const record = await termOver(agents, 2);
    expect(record).toMatchObject({ lineage: [{ timeline: 1 }, { timeline: 2 }] });
    expect(agents.register.history).toContainEqual(
      expect.objectContaining({ switchover: expect.objectContaining({ by: 'leaving' }) as unknown }),
    );
    const primary = await agents.primary();
    expect(primary.slot).not.toBe(parseSlot('a'));
    expect(await notes(primary)).toContain('kept');
  });
});
