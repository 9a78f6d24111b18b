import { readFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { Agent } from '../../../../agent/agent';
import { IdentityStore } from '../../../../agent/identity';
import { createLog } from '../../../../agent/log';
import type { Node } from '../../../../agent/node';
import { Peers } from '../../../../agent/peers';
import { stopToLastProcess } from '../../../../agent/postgres/start';
import { until } from '../../../../agent/postgres/wait';
import { Promises } from '../../../../agent/promise';
import { RegisterWatch } from '../../../../agent/register-watch';
import { StatusServer } from '../../../../agent/status-server';
import { coordinate, type CoordinatorAction } from '../../../../core/coordinate';
import { parseSlot, slotOf, type Slot } from '../../../../core/member';
import { requestSwitchover, type Command } from '../../../../core/operator';
import { DEFAULT_POLICY, type Policy } from '../../../../core/policy';
import type { ClusterRecord, ElectingRecord, SteadyRecord } from '../../../../core/record';
import type { Settings } from '../../../../core/settings';
import { encodeRecord } from '../../../../register';
import { ACCOUNTS, SMALL, TestCluster, type TestNode } from '../../postgres/support/cluster';
import { MemoryRegister } from './memory-register';

const SETTINGS: Settings = {
  slots: ['a', 'b', 'c'].map(parseSlot),
  databaseName: 'app',
  masterUsername: 'app',
  extensions: [],
  parameters: SMALL,
  acks: 1,
  whenNoStandby: 'degrade',
  postgresVersion: '17',
};

export type SlotName = 'a' | 'b' | 'c';

/** Three whole agents on real PostgreSQL; only the register, the door and the machines' power are the test's. */
export class TestAgents {
  readonly register = new MemoryRegister();
  readonly nodes = new Map<string, AgentUnderTest>();

  private constructor(private readonly cluster: TestCluster) {}

  static async create(
    slots: readonly SlotName[] = ['a', 'b', 'c'],
    settings: Partial<Settings> = {},
  ): Promise<TestAgents> {
    const agents = new TestAgents(await TestCluster.create());
    for (const slot of slots) {
      const server = await agents.cluster.addNode(slot);
      agents.nodes.set(
        slot,
        new AgentUnderTest(server, parseSlot(slot), slots.map(parseSlot), agents.register, {
          ...SETTINGS,
          ...settings,
        }),
      );
    }
    return agents;
  }

  node(slot: string): AgentUnderTest {
    const node = this.nodes.get(slot);
    if (node === undefined) throw new Error(`There is no node ${slot}.`);
    return node;
  }

  /** A record as the health checker makes it, then all agents until the cluster is whole. */
  async bootstrap(): Promise<void> {
    this.register.put({
      epoch: 'e1',
      version: 1,
      term: 1,
      phase: 'bootstrapping',
      paused: false,
      bootstrapSlot: parseSlot('a'),
    });
    for (const node of this.nodes.values()) await node.start();
    await this.whole();
    await this.node('a').server.sql(
      'create table if not exists public.t (id bigint generated always as identity, note text)',
    );
  }

  async record(): Promise<ClusterRecord> {
    const record = await this.register.readRecord();
    if (record === undefined) throw new Error('There is no record.');
    return record;
  }

  /** Steady, one guarantee that names every other running node, everybody healthy. */
  async whole(timeoutMs = 60_000): Promise<SteadyRecord> {
    const running = [...this.nodes.values()].filter((node) => node.isRunning);
    const describe = (): string =>
      running.map((node) => `${node.slot}: ${node.status()?.reason ?? 'healthy'}`).join('; ');
    try {
      return await until('the cluster to be whole', { timeoutMs }, async () => {
        const record = await this.record();
        if (record.phase !== 'steady' || record.guarantees.length !== 1) return undefined;
        const named: readonly string[] = record.guarantees[0]?.standbys ?? [];
        // As what they are now: one that was cloned anew is another member, and the old one is named for a moment.
        const present = running.map((node) => node.status()?.member ?? '');
        const counted = present.filter((member) => member === record.primary.member || named.includes(member));
        const healthy = running.every((node) => node.status()?.healthy === true);
        return healthy && counted.length === running.length && named.length === running.length - 1 ? record : undefined;
      });
    } catch (error) {
      const logs = running.map((node) => `--- ${node.slot}\n${node.lines.slice(-15).join('')}`).join('\n');
      throw new Error(`${describe()}\n${JSON.stringify(encodeRecord(await this.record()))}\n${logs}`, { cause: error });
    }
  }

  /** What a coordinator's first write does: term + 1, guarantees frozen. */
  async elect(): Promise<ElectingRecord> {
    for (;;) {
      const record = await this.record();
      if (record.phase !== 'steady' && record.phase !== 'promoting') throw new Error(`The record is ${record.phase}.`);
      const next: Omit<ElectingRecord, 'version'> = {
        epoch: record.epoch,
        systemId: record.systemId,
        guarantees: record.guarantees,
        lineage: record.lineage,
        paused: record.paused,
        endpointVersion: record.endpointVersion,
        phase: 'electing',
        term: record.term + 1,
        election: { reason: 'test', deposed: record.primary.member, suspectedAtMs: 0, convictedAtMs: 0 },
      };
      const outcome = await this.register.replaceRecord(record, next);
      if (outcome.kind === 'written') {
        this.hint();
        return outcome.record as ElectingRecord;
      }
    }
  }

  /** What an operator's command writes. */
  async command(make: (record: ClusterRecord) => Command): Promise<void> {
    await until('the command to be written', {}, async () => {
      const command = make(await this.record());
      if (command.kind !== 'replace') throw new Error(`${command.kind}: ${command.reason}`);
      return (await this.register.replaceRecord(command.judged, command.next)).kind === 'written';
    });
    this.hint();
  }

  async switchOver(to?: SlotName): Promise<void> {
    const nodes = [...this.nodes.values()].flatMap((node) => {
      const status = node.status();
      return status === undefined ? [] : [{ slot: status.slot, member: status.member }];
    });
    const wish = {
      by: 'operator',
      wallClockMs: Date.now(),
      ...(to === undefined ? {} : { to: parseSlot(to) }),
    } as const;
    await this.command((record) => requestSwitchover(record, wish, nodes));
  }

  /** What a coordinator does with the pledges: the real decision. Resolves when somebody is chosen. */
  async choose(timeoutMs = 20_000): Promise<ClusterRecord> {
    return until('enough pledges', { timeoutMs }, async () => {
      const record = await this.record();
      // Whoever of the agents pledged last may have chosen already.
      if (record.phase !== 'electing') return record;
      const { found } = await this.register.readPledges([...this.nodes.keys()].map(parseSlot));
      const action = coordinate(
        {
          policy: DEFAULT_POLICY,
          wallClockMs: 0,
          loopLateMs: 0,
          record,
          phaseAgeMs: 0,
          slots: [],
          pledges: [...found.values()],
          freshEpoch: 'unused',
        },
        [],
      );
      if (action.kind !== 'replace') return undefined;
      const outcome = await this.register.replaceRecord(action.judged, action.next);
      if (outcome.kind === 'written') this.hint();
      return outcome.kind === 'written' ? outcome.record : undefined;
    });
  }

  /** One look of a coordinator that has watched for long, and the write that comes of it. */
  async chooseAtOnce(): Promise<CoordinatorAction> {
    const record = await this.record();
    const { found } = await this.register.readPledges([...this.nodes.keys()].map(parseSlot));
    const slots = [...this.nodes.values()].map((node) => ({
      slot: node.slot,
      report: undefined,
      status: node.status(),
      statusAgeMs: node.isRunning ? 0 : null,
      postgresAgeMs: null,
      freshConnectionAgeMs: null,
      localWriteAgeMs: null,
      syncWriteAgeMs: null,
      watchedMs: 60_000,
    }));
    const action = coordinate(
      {
        policy: DEFAULT_POLICY,
        wallClockMs: 0,
        loopLateMs: 0,
        record,
        phaseAgeMs: 60_000,
        slots,
        pledges: [...found.values()],
        freshEpoch: 'unused',
      },
      [],
    );
    if (action.kind !== 'replace') return action;
    const outcome = await this.register.replaceRecord(action.judged, action.next);
    if (outcome.kind !== 'written') throw new Error('The record has moved on.');
    this.hint();
    return action;
  }

  /** The node that the record names. */
  async primary(): Promise<AgentUnderTest> {
    const record = await this.record();
    if (record.phase !== 'steady') throw new Error(`The record is ${record.phase}.`);
    return this.node(slotOf(record.primary.member));
  }

  async failover(): Promise<void> {
    await this.elect();
    await this.choose();
  }

  hint(): void {
    for (const node of this.nodes.values()) node.agent?.hint();
  }

  async end(): Promise<void> {
    for (const node of this.nodes.values()) await node.stopAgent();
    await this.cluster.end();
  }
}

/** A door that only remembers: what it does to packets is tested with the packet filter itself. */
class RememberedDoor {
  private isOpenNow = false;
  open(): Promise<void> {
    this.isOpenNow = true;
    return Promise.resolve();
  }
  close(): Promise<void> {
    this.isOpenNow = false;
    return Promise.resolve();
  }
  keepOpen(): Promise<void> {
    return this.open();
  }
  isOpen(): Promise<boolean> {
    return Promise.resolve(this.isOpenNow);
  }
}

export class AgentUnderTest {
  agent: Agent | undefined;
  node: Node | undefined;
  readonly door = new RememberedDoor();
  readonly lines: string[] = [];
  policy: Policy = DEFAULT_POLICY;
  /** Sees each node that {@link start} makes before its agent has it, and may change it. */
  tamper: (node: Node) => void = () => undefined;
  /** Told what the node is doing. */
  onActivity: (text: string) => void = () => undefined;
  private peers: Peers | undefined;
  private page: StatusServer | undefined;
  private running: Promise<void> | undefined;
  private reporting: NodeJS.Timeout | undefined;
  volumeId = 'vol-0123456789abcdef0';
  /** Since when its instance is about to go, monotonic. */
  leavingSince: number | undefined;
  hasLeft = false;

  constructor(
    readonly server: TestNode,
    readonly slot: Slot,
    private readonly slots: readonly Slot[],
    private readonly register: MemoryRegister,
    private readonly settings: Settings,
  ) {}

  get isRunning(): boolean {
    return this.agent !== undefined;
  }

  status(): ReturnType<Agent['status']> | undefined {
    return this.agent?.status();
  }

  /** The agent's process: what it knew before is gone. */
  async start(): Promise<void> {
    const { ctx, upstream } = this.server;
    const log = createLog(new LineKeeper(this.lines)).with({ slot: this.slot });
    const hostOf = (slot: Slot): string => `${slot}.test.internal`;
    const others = this.slots.filter((slot) => slot !== this.slot);
    const authority = await readFile(ctx.layout.tls.authority, 'utf8');
    const peers = new Peers({ others: () => others, hostOf, authority, register: this.register, log });
    const node: Node = {
      config: {
        cluster: 'test',
        slot: this.slot,
        region: 'test',
        volumeId: this.volumeId,
        registerTable: 'test',
        hostedZoneId: 'test',
        zoneName: 'test.internal',
        settingsParameter: 'test',
        caCertificateParameter: 'test',
        caSecretArn: 'test',
        masterSecretArn: 'test',
        monitorSecretArn: 'test',
      },
      policy: this.policy,
      address: upstream.address,
      instanceId: `i-${this.slot}`,
      postgres: ctx,
      register: this.register,
      watch: new RegisterWatch(this.register, ctx.layout, log),
      identity: new IdentityStore(ctx.layout, this.slot, this.volumeId),
      promises: new Promises(ctx.layout),
      peers,
      door: this.door,
      log,
      settings: () => this.settings,
      disk: { status: () => null, makeRoom: () => Promise.resolve() },
      accounts: () => Promise.resolve(ACCOUNTS),
      hostOf,
      activity: (text) => this.onActivity(text),
    };
    this.tamper(node);
    await node.identity.load();
    await node.promises.load();
    await node.watch.load();
    const agent = new Agent(node, {
      leavingForMs: () => (this.leavingSince === undefined ? undefined : performance.now() - this.leavingSince),
      leave: async () => {
        await stopToLastProcess(ctx, { fastMs: 30_000, immediateMs: 5_000 });
        this.hasLeft = true;
      },
    });
    this.page = new StatusServer({
      files: ctx.layout.tls.server,
      status: () => agent.status(),
      look: () => agent.hint(),
      address: upstream.address,
    });
    await this.page.start();
    this.node = node;
    this.agent = agent;
    this.peers = peers;
    peers.start();
    this.running = agent.run();
    this.reporting = setInterval(() => {
      const { slot, address, instanceId, member } = agent.status();
      void this.register
        .writeReport(this.slot, { slot, address, instanceId, member, hasHistory: member !== null })
        .catch(() => undefined);
    }, 200);
  }

  /** PostgreSQL goes on. */
  async stopAgent(): Promise<void> {
    clearInterval(this.reporting);
    this.agent?.stop();
    this.peers?.stop();
    await this.page?.close();
    await this.running;
    this.agent = undefined;
  }

  /** The machine is gone: every process at once. Its volume stays. */
  async powerOff(): Promise<void> {
    await this.server.ctx.service.stop('kill');
    await this.stopAgent();
    // The agent's last beat may have begun to start it again: then it is not to be seen at once.
    await until('the last process to end', {}, async () => {
      await this.server.ctx.service.stop('kill');
      return !(await this.server.service.hasProcess());
    });
  }
}

class LineKeeper extends Writable {
  constructor(private readonly lines: string[]) {
    super({ decodeStrings: false });
  }
  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.lines.push(String(chunk));
    done();
  }
}
