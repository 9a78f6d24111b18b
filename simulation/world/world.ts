import { beginElection } from '../../core/begin-election';
import { allMetBy, guarantee } from '../../core/guarantee';
import { newMember, parseSlot, type Member, type Slot } from '../../core/member';
import { acceptLoss, pauseFailover, requestSwitchover, resumeFailover, type Command } from '../../core/operator';
import type { ClusterRecord, SteadyRecord } from '../../core/record';
import type { Settings } from '../../core/settings';
import { ZERO_LSN } from '../../core/lsn';
import { encodeRecord } from '../../register';
import { Actor } from '../kernel/actor';
import { setCurrentKernel } from '../kernel/current';
import { Kernel } from '../kernel/kernel';
import { clusterIn, DATA, layOut, type Cluster } from '../postgres/data-directory';
import type { Delay } from '../postgres/machine';
import type { Server } from '../postgres/server';
import { Wal } from '../postgres/wal';
import type { Mount } from '../seams/fs-promises';
import { closeClientsOf } from '../seams/pg';
import { AgentProcess } from './agent-process';
import { Checker } from './checker';
import { connect } from './connections';
import { CoordinatorProcess } from './coordinator-process';
import { Network } from './network';
import { NodeMachine } from './node-machine';
import { SimulatedTable } from './table';
import { Tally } from './tally';
import { Trace } from './trace';
import { SimulatedZone } from './zone';

export interface WorldOptions {
  readonly seed: number;
  readonly slots: 3 | 5;
  readonly acks: number;
  readonly whenNoStandby: 'degrade' | 'block';
  readonly isTraced: boolean;
}

const SYSTEM_ID = '7500000000000000001';
/** Starts of the health checker come about this often; shorter than in life, so that hand-overs are seen. */
const INVOKE_EVERY_MS = 25_000;
const INVOCATION_MS = 80_000;

interface NodeState {
  readonly machine: NodeMachine;
  agent: AgentProcess | undefined;
  actor: Actor | undefined;
  incarnations: number;
}

let worlds = 0;

/** One cluster: machines with volumes and PostgreSQL, agents, health checkers, register, zone, network. */
export class World {
  readonly kernel: Kernel;
  readonly tally = new Tally();
  readonly trace: Trace;
  readonly network: Network;
  readonly table: SimulatedTable;
  readonly zone: SimulatedZone;
  readonly checker: Checker;
  readonly nodes: readonly NodeState[];
  coordinators: CoordinatorProcess[] = [];
  readonly slots: readonly Slot[];
  readonly actors = new Map<string, Actor>();
  readonly mounts = new Map<string, Mount>();
  private readonly settings: Settings;
  private invocations = 0;
  private volumes = 0;
  private id = 0;
  /** No file of an earlier world has the same name: some of the agent's own state goes by names. */
  private readonly prefix: string;

  constructor(readonly options: WorldOptions) {
    worlds += 1;
    this.prefix = `w${worlds}`;
    this.kernel = new Kernel(options.seed);
    setCurrentKernel(this.kernel);
    this.trace = new Trace(this.kernel, options.isTraced);
    this.network = new Network(this.kernel, this.tally);
    this.table = new SimulatedTable(this.kernel, this.network, this.tally);
    this.zone = new SimulatedZone(this.kernel, this.network, this.tally);
    this.slots = ['a', 'b', 'c', 'd', 'e'].slice(0, options.slots).map(parseSlot);
    this.settings = {
      slots: this.slots,
      databaseName: 'app',
      masterUsername: 'app',
      extensions: [],
      parameters: {},
      acks: options.acks,
      whenNoStandby: options.whenNoStandby,
      postgresVersion: '17',
    };
    this.nodes = this.slots.map((slot, nth) => ({
      machine: new NodeMachine(slot, `10.0.${nth}.5`, this.newVolumeId(), {
        kernel: this.kernel,
        network: this.network,
        tally: this.tally,
        sluggish: this.sluggish,
        serverAt: (address) => this.nodes.find((each) => each.machine.address === address)?.machine.server,
        nextId: () => (this.id += 1),
        acknowledged: (server, position) => this.checker.onAcknowledged(server, position),
      }),
      agent: undefined,
      actor: undefined,
      incarnations: 0,
    }));
    this.checker = new Checker({
      record: () => this.table.record,
      holders: () =>
        this.nodes.map(({ machine }) => ({ member: memberOf(machine), wal: clusterIn(machine.files)?.wal })),
      memberOf: (server) => this.memberOfServer(server),
      tell: (who, what) => this.trace.tell(who, what),
      fail: (violation) => this.kernel.fail(violation),
    });
    this.table.onRecord = (before, after) => {
      this.trace.tell(
        'register',
        () => `${after.phase} term ${after.term} version ${after.version} ${describeRecord(after)}`,
      );
      this.checker.onRecord(before, after, this.table.pledges);
      this.onChange(after);
    };
    this.zone.onGuard = (version) => this.checker.onGuard(version);
    connect(this);
    this.found();
  }

  // --- The beginning

  /** A cluster that has just been initialized: the first slot is primary with `acks: 0`, the others have a copy. */
  private found(): void {
    const members = this.slots.map((slot) => newMember(slot, `${this.kernel.random.hex()}`));
    const [primary] = members;
    if (primary === undefined) throw new Error('A cluster needs a slot.');
    const record: SteadyRecord = {
      epoch: 'first',
      version: 1,
      term: 1,
      paused: false,
      phase: 'steady',
      systemId: SYSTEM_ID,
      endpointVersion: 1,
      primary: { member: primary, address: this.nodes[0]?.machine.address ?? '' },
      guarantees: [guarantee(primary, [], 0)],
      lineage: [{ timeline: 1, term: 1, member: primary, forkLsn: ZERO_LSN, firstRecord: '' }],
    };
    this.table.put(encodeRecord(record));
    this.table.items.set('cluster/ca', {
      pk: 'cluster',
      sk: 'ca',
      nonce: 'first',
      certificate: '-----BEGIN CERTIFICATE-----',
      secretVersionId: 'first',
    });
    const wal = new Wal([1, 2, 3].map(() => ({ id: (this.id += 1), timeline: 1, kind: 'checkpoint' as const })));
    this.nodes.forEach(({ machine }, nth) => {
      this.prepareVolume(machine);
      const cluster: Cluster = {
        systemId: SYSTEM_ID,
        wal: wal.copy(),
        redo: 3,
        state: nth === 0 ? 'shut down' : 'shut down in recovery',
        consistentFrom: 0,
        isBroken: false,
        slots: new Set(nth === 0 ? members.slice(1) : []),
      };
      layOut(machine.files, cluster);
      if (nth > 0) machine.files.put(`${DATA}/standby.signal`, '');
      const identity = { member: members[nth], volumeId: machine.volumeId, directory: 'ready' };
      machine.files.put('/volume/state/identity.json', JSON.stringify(identity));
      machine.files.put('/volume/state/pledge.json', JSON.stringify({ term: 1 }));
    });
    for (const node of this.nodes) this.startAgent(node.machine.slot);
    this.invoke();
    this.invokeAgain();
  }

  prepareVolume(machine: NodeMachine): void {
    for (const path of ['/volume', '/volume/state', '/volume/config', '/volume/aside'])
      machine.files.add(path, 'directory');
    machine.files.flushNames();
  }

  newVolumeId(): string {
    this.volumes += 1;
    return `vol-${String(this.volumes).padStart(8, '0')}`;
  }

  // --- Processes

  node(slot: Slot): NodeState {
    const found = this.nodes.find((each) => each.machine.slot === slot);
    if (found === undefined) throw new Error(`There is no slot ${slot}.`);
    return found;
  }

  startAgent(slot: Slot): void {
    const node = this.node(slot);
    if (node.agent !== undefined || !node.machine.isOn) return;
    node.incarnations += 1;
    const actor = new Actor(`${this.prefix}${slot}${node.incarnations}`, slot);
    actor.clockRate = this.kernel.random.between(0.98, 1.02);
    this.watch(actor);
    const { machine } = node;
    this.mounts.set(actor.name, {
      actor,
      files: () => machine.files,
      shipped: (path) => (path === 'postgres/observe.sql' ? 'observe.sql' : ''),
      flushMs: () => machine.flushMs(),
    });
    node.actor = actor;
    node.agent = new AgentProcess({
      kernel: this.kernel,
      trace: this.trace,
      actor,
      machine,
      slots: this.slots,
      settings: this.settings,
      zone: this.zone,
      onLeft: () => this.replaceInstance(slot),
    });
    node.agent.start();
  }

  private watch(actor: Actor): void {
    this.actors.set(actor.name, actor);
    actor.interrupt = (what, when) => this.onOperation(actor, what, when);
  }

  killAgent(slot: Slot): void {
    const node = this.node(slot);
    const { actor } = node;
    node.agent?.stop();
    node.agent = undefined;
    node.actor = undefined;
    if (actor === undefined) return;
    closeClientsOf(actor);
    this.mounts.delete(actor.name);
    this.actors.delete(actor.name);
    // Its calls under way may still have to be told that it has ended.
    this.mounts.set(actor.name, deadMount(actor, node.machine));
  }

  cutPower(slot: Slot): void {
    this.killAgent(slot);
    this.node(slot).machine.cutPower();
  }

  powerOn(slot: Slot): void {
    const { machine } = this.node(slot);
    if (machine.isOn) return;
    machine.powerOn();
    this.startAgent(slot);
  }

  /** Auto Scaling ends the instance and starts another, which gets the same volume. */
  private replaceInstance(slot: Slot): void {
    this.kernel.schedule(this.kernel.random.between(100, 2_000), () => {
      this.kernel.stir();
      this.cutPower(slot);
      this.kernel.schedule(this.kernel.random.between(1_000, 20_000), () => {
        this.kernel.stir();
        this.powerOn(slot);
      });
    });
  }

  /** One more invocation of the health checker. */
  invoke(): void {
    if (this.isLambdaDown || this.isLambdaGone) return this.tally.count('no invocation');
    this.invocations += 1;
    const actor = new Actor(`${this.prefix}lambda${this.invocations}`, 'lambda');
    actor.clockRate = this.kernel.random.between(0.98, 1.02);
    this.watch(actor);
    this.coordinators = this.coordinators.filter((each) => each.isAlive);
    const coordinator = new CoordinatorProcess({
      kernel: this.kernel,
      trace: this.trace,
      actor,
      slots: this.slots,
      zone: this.zone,
      lifeMs: INVOCATION_MS,
    });
    this.coordinators.push(coordinator);
    coordinator.start();
  }

  /** Lambda ends this invocation. */
  endCoordinatorOf(actor: Actor): void {
    this.coordinators.find((each) => each.isOf(actor))?.stop();
  }

  /** What an operator's command does: on the record as it stands. */
  elect(reason: string): void {
    const { record } = this.table;
    if (record?.phase !== 'steady' && record?.phase !== 'promoting') return;
    const next = beginElection(record, { reason, suspectedAtMs: 1, convictedAtMs: 1 });
    this.table.replace(next, this.kernel.random.hex());
  }

  setPaused(isPaused: boolean): void {
    this.command((record) => (isPaused ? pauseFailover(record) : resumeFailover(record)));
  }

  switchOver(to?: Slot): void {
    const nodes = this.nodes.map(({ machine }) => ({ slot: machine.slot, member: memberOf(machine) ?? null }));
    const wish = { by: 'operator', wallClockMs: 1, ...(to === undefined ? {} : { to }) } as const;
    this.command((record) => requestSwitchover(record, wish, nodes));
  }

  acceptLoss(): void {
    this.command((record) => acceptLoss(record, { wallClockMs: 1 }));
  }

  private command(make: (record: ClusterRecord) => Command): void {
    const { record } = this.table;
    const command = record === undefined ? undefined : make(record);
    if (command?.kind === 'replace') this.table.replace(command.next, this.kernel.random.hex());
  }

  private invokeAgain(): void {
    this.kernel.schedule(INVOKE_EVERY_MS * this.kernel.random.between(0.5, 1.9), () => {
      this.kernel.stir();
      this.invoke();
      this.invokeAgain();
    });
  }

  /** Lambda ends every invocation and starts none, for the rest of this life: agents coordinate. */
  loseLambda(): void {
    this.isLambdaGone = true;
    for (const each of this.coordinators) each.stop();
  }

  private isLambdaGone = false;
  isLambdaDown = false;
  /** Before and after each thing that a process does. */
  onOperation: (actor: Actor, what: string, when: 'before' | 'after') => void = () => undefined;
  /** After each change of the record. */
  onChange: (after: ClusterRecord) => void = () => undefined;
  sluggish = new Map<Delay, number>();

  get actorsAlive(): readonly Actor[] {
    return [...this.actors.values()].filter((each) => each.isAlive);
  }

  /** Every process ends, and nothing of this world goes on. */
  end(): void {
    for (const node of this.nodes) this.killAgent(node.machine.slot);
    for (const each of this.coordinators) each.stop();
  }

  // --- What is seen from outside

  get primary(): Server | undefined {
    const { record } = this.table;
    if (record?.phase !== 'steady') return undefined;
    return this.nodes.find(({ machine }) => memberOf(machine) === record.primary.member)?.machine.server;
  }

  /** Steady, one guarantee that names everybody, everybody well. */
  get whyNotWhole(): string | undefined {
    const { record } = this.table;
    if (record?.phase !== 'steady') return `the record is ${record?.phase}`;
    if (record.guarantees.length !== 1) return `${record.guarantees.length} guarantees stand beside each other`;
    const [last] = record.guarantees;
    if (last?.standbys.length !== this.nodes.length - 1) return `the guarantee names ${last?.standbys.length} standbys`;
    if (last.acks !== Math.min(this.options.acks, last.standbys.length)) return `acks is ${last.acks}`;
    for (const { machine, agent } of this.nodes) {
      const status = agent?.status();
      if (status?.healthy !== true) return `${machine.slot}: ${status?.reason ?? 'no agent'}`;
    }
    if (this.zone.writerAddress !== record.primary.address) return `writer says ${this.zone.writerAddress}`;
    return undefined;
  }

  /** Whether anybody has a whole data directory, so that an operator who accepts loss can be helped. */
  get isAnybodyLeft(): boolean {
    return this.nodes.some(
      ({ machine }) =>
        memberOf(machine) !== undefined &&
        identityOf(machine)?.directory === 'ready' &&
        clusterIn(machine.files)?.isBroken === false,
    );
  }

  /** Whether those who are there could finish an election: more must not have failed than the guarantees cover. */
  get isRecoverable(): boolean {
    const { record } = this.table;
    if (record === undefined || record.phase === 'bootstrapping') return false;
    const present = new Set<Member>();
    for (const { machine } of this.nodes) {
      const identity = identityOf(machine);
      if (identity?.directory === 'ready' && clusterIn(machine.files)?.isBroken === false) present.add(identity.member);
    }
    if (record.phase === 'steady' && present.has(record.primary.member)) return true;
    return allMetBy(record.guarantees, present);
  }

  private memberOfServer(server: Server): Member | undefined {
    const node = this.nodes.find((each) => each.machine.host === server.machine.host);
    return node === undefined ? undefined : memberOf(node.machine);
  }
}

interface Identity {
  readonly member: Member;
  readonly volumeId: string;
  readonly directory: string;
}

function identityOf(machine: NodeMachine): Identity | undefined {
  const text = machine.files.get('/volume/state/identity.json')?.text;
  return text === undefined || text === '' ? undefined : (JSON.parse(text) as Identity);
}

/** Who this volume is. What says that it was written on another one is a copy: its member is gone. */
export function memberOf(machine: NodeMachine): Member | undefined {
  const identity = identityOf(machine);
  return identity?.volumeId === machine.volumeId ? identity.member : undefined;
}

function deadMount(actor: Actor, machine: NodeMachine): Mount {
  return { actor, files: () => machine.files, shipped: () => undefined, flushMs: () => 0 };
}

function describeRecord(record: NonNullable<SimulatedTable['record']>): string {
  if (record.phase === 'bootstrapping') return '';
  const who = record.phase === 'electing' ? record.election.reason : record.primary.member;
  const list = record.guarantees.map(
    (each) => `${each.primary.slice(0, 3)}:${each.acks}/${each.standbys.map((one) => one.slice(0, 3)).join('')}`,
  );
  return `${who} [${list.join(' ')}]`;
}
