import { layoutOf } from '../../../agent/layout';
import { writeRole } from '../../../agent/postgres/role';
import { startAndWait } from '../../../agent/postgres/start';
import { enforce } from '../../../agent/postgres/syncstandbys';
import { newMember, parseSlot } from '../../../core/member';
import { Actor } from '../../../simulation/kernel/actor';
import { setCurrentKernel } from '../../../simulation/kernel/current';
import { Kernel } from '../../../simulation/kernel/kernel';
import { layOut } from '../../../simulation/postgres/data-directory';
import { begin } from '../../../simulation/postgres/programs';
import type { Server } from '../../../simulation/postgres/server';
import { Wal } from '../../../simulation/postgres/wal';
import { run, setPrograms } from '../../../simulation/seams/command';
import { setMounts, type Mount } from '../../../simulation/seams/fs-promises';
import { onKill } from '../../../simulation/seams/globals';
import { setTargets } from '../../../simulation/seams/pg';
import { Network } from '../../../simulation/world/network';
import { NodeMachine } from '../../../simulation/world/node-machine';
import { Tally } from '../../../simulation/world/tally';
import type { Hands, Place, Process, Thaw } from './hands';

/** No script takes longer, in simulated time. */
const LONGEST_MS = 600_000;
/** What is stopped is stopped for so long, again and again until it is thawed. */
const STOP_MS = 20;

interface Node {
  readonly place: Place;
  readonly machine: NodeMachine;
  readonly actor: Actor;
}

let lives = 0;

/** Simulated servers on machines of their own, in calm weather. */
export class SimulatedHands implements Hands {
  readonly run = run;
  private readonly kernel: Kernel;
  private readonly nodes: Node[] = [];
  private readonly mounts = new Map<string, Mount>();
  private readonly network: Network;
  private readonly tally = new Tally();
  private readonly notesByValue = new Map<number, string>();
  private readonly prefix: string;
  private id = 0;
  private systems = 0;

  constructor(seed: number) {
    // The agent keeps some of its own state by paths: no two lives have one in common.
    this.prefix = `life${(lives += 1)}`;
    this.kernel = new Kernel(seed);
    this.network = new Network(this.kernel, this.tally);
    setCurrentKernel(this.kernel);
    this.connect();
  }

  /** Lets time pass for as long as `work` takes. */
  async live<T>(work: () => Promise<T>): Promise<T> {
    let isOver = false;
    const result = work().finally(() => (isOver = true));
    result.catch(() => undefined);
    await this.kernel.run(LONGEST_MS, () => isOver);
    if (!isOver) throw new Error('The script waits for something that does not come.');
    return result;
  }

  addNode(slot: string): Promise<Place> {
    const name = `${this.prefix}${slot}${this.nodes.length}`;
    const actor = new Actor(name, slot);
    const address = `10.0.${this.nodes.length}.5`;
    const machine = new NodeMachine(parseSlot(slot), address, 'vol-1', {
      kernel: this.kernel,
      network: this.network,
      tally: this.tally,
      sluggish: new Map(),
      serverAt: (wanted) => this.nodes.find((each) => each.machine.address === wanted)?.machine.server,
      nextId: () => (this.id += 1),
      acknowledged: () => undefined,
    });
    for (const path of ['/volume', '/volume/state', '/volume/config', '/volume/aside'])
      machine.files.add(path, 'directory');
    machine.files.flushNames();
    this.mounts.set(name, {
      actor,
      files: () => machine.files,
      shipped: (path) => (path === 'postgres/observe.sql' ? 'observe.sql' : ''),
      flushMs: () => machine.flushMs(),
    });
    const root = `/${name}`;
    const layout = layoutOf({
      volume: `${root}/volume`,
      tls: `${root}/tls`,
      socketDirectory: `${root}/socket`,
      scratch: `${root}/scratch`,
      files: `${root}/bundle`,
    });
    const place: Place = {
      ctx: {
        layout,
        service: machine.serviceFor(actor),
        user: { uid: 0, gid: 0 },
        binDirectory: `${root}/bin`,
        listenAddresses: address,
      },
      member: newMember(parseSlot(slot), this.kernel.random.hex()),
      upstream: { address, host: `${slot}.test` },
    };
    this.nodes.push({ place, machine, actor });
    return Promise.resolve(place);
  }

  /** What initdb and the first start leave. */
  async addPrimary(slot: string): Promise<Place> {
    const place = await this.addNode(slot);
    this.systems += 1;
    layOut(this.node(place).machine.files, {
      systemId: `75000000000000000${this.systems}`,
      wal: new Wal([{ id: (this.id += 1), timeline: 1, kind: 'checkpoint' }]),
      redo: 0,
      state: 'shut down',
      consistentFrom: 0,
      isBroken: false,
      slots: new Set(),
    });
    await writeRole(place.ctx, { upstream: null, syncNames: { kind: 'sentinel' } });
    await startAndWait(place.ctx);
    await enforce(place.ctx, { kind: 'none' }, { kind: 'none' });
    return place;
  }

  insert(at: Place, note: string, timeoutMs: number): Promise<boolean> {
    const server = this.server(at);
    const value = this.notesByValue.size + 1;
    this.notesByValue.set(value, note);
    return new Promise((resolve) => {
      const answer = (isAcknowledged: boolean): void => {
        this.kernel.stir();
        resolve(isAcknowledged);
      };
      this.kernel.schedule(timeoutMs, () => answer(false));
      server.after('answer', () => {
        if (server.inRecovery) answer(false);
        else server.commit(value, true, () => answer(true));
      });
    });
  }

  notes(at: Place): Promise<readonly string[]> {
    const server = this.server(at);
    const values = server.wal.records
      .slice(0, server.replayed)
      // A commit that waits for its quorum is not yet to be seen by others.
      .flatMap(({ value }, nth) => (value === undefined || server.waitsAt(nth + 1) ? [] : [value]));
    return Promise.resolve(values.map((value) => String(this.notesByValue.get(value))));
  }

  freeze(at: Place, process: Process): Promise<Thaw> {
    const server = this.server(at);
    const { receiver } = server;
    const stop: Readonly<Record<Process, (until: number) => void>> = {
      checkpointer: (until) => (server.checkpointerStoppedUntil = until),
      startup: (until) => (server.startupStoppedUntil = until),
      walreceiver: (until) => {
        if (receiver === undefined) throw new Error(`${at.member} has no WAL receiver.`);
        receiver.stoppedUntil = until;
      },
      'all of it': (until) => (server.stoppedUntil = until),
    };
    return Promise.resolve(this.stopAgain(stop[process]));
  }

  freezeSenderOf(at: Place, standby: Place): Promise<Thaw> {
    const sender = this.server(at).walsenders.find((each) => each.applicationName === standby.member);
    if (sender === undefined) throw new Error(`${at.member} does not feed ${standby.member}.`);
    sender.standStill(STOP_MS);
    return Promise.resolve(this.stopAgain((until) => (sender.stoppedUntil = until)));
  }

  endReceiver(at: Place): Promise<void> {
    this.server(at).receiver?.terminate();
    return Promise.resolve();
  }

  pauseReplay(at: Place): Promise<void> {
    this.server(at).isReplayPaused = true;
    return Promise.resolve();
  }

  private stopAgain(stop: (until: number) => void): Thaw {
    let isThawed = false;
    const again = (): void => {
      if (isThawed) return stop(0);
      stop(this.kernel.now + STOP_MS);
      this.kernel.schedule(STOP_MS / 2, again);
    };
    again();
    return () => (isThawed = true);
  }

  private connect(): void {
    setMounts(this.mounts);
    setPrograms({
      actorOf: ({ args }) => this.nodeNamedIn(args).actor,
      begin: (call) => begin(this.nodeNamedIn(call.args).machine, call),
    });
    setTargets((options) => {
      const { machine, actor } = this.nodeNamedIn([`${options.host}/`]);
      return {
        actor,
        server: () => (machine.server?.state === 'ended' ? undefined : machine.server),
        travelMs: () => 0.1,
      };
    });
    onKill((pid) => {
      for (const { machine } of this.nodes) {
        if (machine.server?.receiver?.pid === pid) machine.server.receiver.terminate();
      }
    });
  }

  /** By a path of the node's among the arguments. */
  private nodeNamedIn(args: readonly string[]): Node {
    const found = this.nodes.find(({ actor }) => args.join(' ').includes(`/${actor.name}/`));
    if (found === undefined) throw new Error(`Whose is this: ${args.join(' ')}?`);
    return found;
  }

  private node(at: Place): Node {
    const found = this.nodes.find(({ place }) => place.member === at.member);
    if (found === undefined) throw new Error(`There is no ${at.member}.`);
    return found;
  }

  private server(at: Place): Server {
    const { server } = this.node(at).machine;
    if (server === undefined) throw new Error(`${at.member} does not run.`);
    return server;
  }
}
