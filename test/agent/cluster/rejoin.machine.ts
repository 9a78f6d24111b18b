import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { chmod, mkdir, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Node } from '../../../agent/node';
import { until } from '../../../agent/postgres/wait';
import { frozen, SMALL } from '../postgres/support/cluster';
import { TestAgents, type AgentUnderTest } from './support/agents';

jest.setTimeout(240_000);

/**
 * One cluster for all: each test begins and ends with it whole, in whatever order they run.
 *
 * A node that is interrupted is one whose agent ends, and its PostgreSQL with it, at a step; what it left on its volume
 * is what the next one finds.
 */
describe('A rejoin that is interrupted leads back to a healthy node', () => {
  let agents: TestAgents;
  let written = 0;

  beforeAll(async () => {
    agents = await TestAgents.create(['a', 'b', 'c'], { parameters: { ...SMALL, wal_keep_size: '0' } });
    await agents.bootstrap();
  });
  afterAll(() => agents.end());

  async function aStandby(): Promise<AgentUnderTest> {
    const primary = await agents.primary();
    const found = [...agents.nodes.values()].find((node) => node !== primary);
    if (found === undefined) throw new Error('There is no standby.');
    return found;
  }

  async function commit(): Promise<void> {
    const primary = await agents.primary();
    expect(await primary.server.commits(`commit ${(written += 1)}`)).toBe(true);
  }

  /** Whole, and every node holds all that was acknowledged. */
  async function isWholeAgain(): Promise<void> {
    await agents.whole();
    await commit();
    for (const node of agents.nodes.values()) {
      await until(`${node.slot} to hold everything`, { timeoutMs: 20_000 }, async () => {
        const rows = await node.server.sql(`select count(*)::int as n from public.t where note like 'commit %'`);
        return rows[0]?.['n'] === written;
      });
    }
  }

  /** Starts it so that it dies when it comes to a step, and again as it should be. */
  async function startInterrupted(
    node: AgentUnderTest,
    at: (dies: () => never) => (each: Node) => void,
  ): Promise<void> {
    let died = false;
    node.tamper = at(() => {
      died = true;
      throw new Error('interrupted');
    });
    await node.start();
    await until(`${node.slot} to die`, { timeoutMs: 60_000 }, () => Promise.resolve(died));
    await node.powerOff();
    node.tamper = () => undefined;
    await node.start();
  }

  const state = (node: AgentUnderTest) => node.server.ctx.layout.state;

  /** Without its state a volume is empty for the agent: the directory on it is set aside, and the node is cloned. */
  async function forget(node: AgentUnderTest): Promise<void> {
    await node.powerOff();
    await rm(state(node).directory, { recursive: true });
    await mkdir(state(node).directory);
  }

  const steps: [string, (dies: () => never) => (node: Node) => void][] = [
    [
      'after the old directory was set aside',
      (dies) =>
        ({ identity }) =>
          void (identity.become = dies),
    ],
    [
      'after it got its new name',
      (dies) =>
        ({ promises }) =>
          void (promises.raise = dies),
    ],
    [
      'when the copy is made, and is not whole yet',
      (dies) =>
        ({ identity }) =>
          void (identity.ready = dies),
    ],
  ];

  it.each(steps)('a clone, %s', async (_, at) => {
    await agents.whole();
    const standby = await aStandby();
    await forget(standby);
    await commit();
    await startInterrupted(standby, at);
    await isWholeAgain();
    expect(standby.lines.join('')).toContain('"code":"cloned"');
    await rm(standby.server.ctx.layout.aside, { recursive: true, force: true });
  });

  it('a clone, in the middle of the copy', async () => {
    await agents.whole();
    const standby = await aStandby();
    await forget(standby);
    let copying = false;
    standby.onActivity = (text) => (copying ||= /kB/.test(text));
    await standby.start();
    await until('it to copy', { timeoutMs: 60_000 }, () => Promise.resolve(copying));
    standby.onActivity = () => undefined;
    await standby.powerOff();
    await standby.start();
    await isWholeAgain();
    await rm(standby.server.ctx.layout.aside, { recursive: true, force: true });
  });

  it('a clone that does not fit begins nothing and says what is missing', async () => {
    await agents.whole();
    const [standby, primary] = [await aStandby(), await agents.primary()];
    const huge = join(primary.server.ctx.layout.data, 'base/1/holdfast_test');
    await writeFile(huge, '');
    await truncate(huge, 2 ** 43);
    await forget(standby);
    await standby.start();
    await until('it to say so', { timeoutMs: 30_000 }, () =>
      Promise.resolve(standby.lines.join('').includes('A clone needs 967')),
    );
    expect(await readdir(standby.server.ctx.layout.aside).catch(() => [])).toEqual([]);
    await rm(huge);
    await isWholeAgain();
    await rm(standby.server.ctx.layout.aside, { recursive: true, force: true });
  });

  it('a standby whose write-ahead log is gone is cloned, and its directory is kept', async () => {
    await agents.whole();
    const [standby, primary] = [await aStandby(), await agents.primary()];
    const { member, postgres } = standby.status() ?? {};
    const end = postgres?.lsn ?? '';
    await standby.powerOff();
    await until('it to leave the guarantee', { timeoutMs: 30_000 }, async () => {
      const { guarantees } = (await agents.record()) as { guarantees?: readonly { standbys: readonly string[] }[] };
      return guarantees?.every(({ standbys }) => !standbys.includes(member ?? '')) === true;
    });
    const segment = `right(pg_walfile_name('${end}'::pg_lsn + 1), 16)`;
    await until('the write-ahead log to go', { timeoutMs: 30_000 }, async () => {
      await primary.server.sql(
        'select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active and not temporary',
      );
      await commit();
      await primary.server.sql('select pg_switch_wal()');
      await primary.server.sql('checkpoint');
      const left = await primary.server.sql(`select from pg_ls_waldir() where right(name, 16) = ${segment}`);
      return left.length === 0;
    });
    standby.lines.length = 0;
    await standby.start();
    await isWholeAgain();
    expect(standby.lines.join('')).toContain('no longer has the write-ahead log that it needs');
    expect(await readdir(standby.server.ctx.layout.aside)).toEqual([expect.stringContaining(member ?? '')]);
    await rm(standby.server.ctx.layout.aside, { recursive: true, force: true });
  });

  /** Its power goes with a tail that nobody acknowledged; another one is promoted. */
  async function partWays(): Promise<AgentUnderTest> {
    await agents.whole();
    const old = await agents.primary();
    await commit();
    for (const { pid } of (await old.server.up()).replication) frozen(pid);
    expect(await old.server.commits('a tail', 1_000)).toBe(false);
    await old.powerOff();
    await agents.failover();
    await agents.whole();
    old.lines.length = 0;
    return old;
  }

  it('a rewind that stops half-way becomes a clone', async () => {
    const old = await partWays();
    // Copied whole by pg_rewind, after the relations, and never written by anybody else.
    await chmod(join(old.server.ctx.layout.data, 'pg_hba.conf'), 0o400);
    await old.start();
    await isWholeAgain();
    const log = old.lines.join('');
    expect(log).toContain('pg_rewind stopped half-way');
    expect(log).toContain('"code":"cloned"');
    await rm(old.server.ctx.layout.aside, { recursive: true, force: true });
  });

  it('a rewind whose node dies before it is whole becomes a clone', async () => {
    const old = await partWays();
    await startInterrupted(
      old,
      (dies) =>
        ({ identity }) =>
          void (identity.ready = dies),
    );
    await isWholeAgain();
    expect(old.lines.join('')).toContain('the directory was left half-made (rewinding)');
    await rm(old.server.ctx.layout.aside, { recursive: true, force: true });
  });
});
