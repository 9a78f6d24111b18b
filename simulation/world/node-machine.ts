import type { Slot } from '../../core/member';
import type { Service, StopSignal } from '../../agent/unit';
import type { Kernel } from '../kernel/kernel';
import type { Actor } from '../kernel/actor';
import { clusterIn, copyOfCluster } from '../postgres/data-directory';
import type { Delay, Machine } from '../postgres/machine';
import { Server } from '../postgres/server';
import { FileSystem } from './file-system';
import type { Network } from './network';
import type { Tally } from './tally';

/** What each step takes when nothing is wrong, milliseconds. */
const USUAL_MS: Readonly<Record<Delay, readonly [number, number]>> = {
  answer: [0.05, 0.4],
  flush: [0.2, 2],
  reload: [0.1, 1],
  checkpointer: [0.1, 3],
  walsender: [0.02, 0.3],
  startup: [0.1, 2],
  receiver: [0.2, 2],
  replay: [0.1, 1],
  recovery: [5, 60],
  copy: [50, 800],
  program: [1, 4],
};

export interface Surroundings {
  readonly kernel: Kernel;
  readonly network: Network;
  readonly tally: Tally;
  /** Processes that are often late in this life, and how often. */
  readonly sluggish: ReadonlyMap<Delay, number>;
  serverAt(address: string): Server | undefined;
  nextId(): number;
  acknowledged(server: Server, position: number): void;
}

/** A slot's host with its volume and its PostgreSQL. */
export class NodeMachine implements Machine {
  files = new FileSystem();
  server: Server | undefined;
  isOn = true;
  private hang = { from: 0, until: 0 };
  isDoorOpen = false;

  constructor(
    readonly slot: Slot,
    readonly address: string,
    public volumeId: string,
    private readonly around: Surroundings,
  ) {}

  get host(): string {
    return this.slot;
  }

  get kernel(): Kernel {
    return this.around.kernel;
  }

  delayMs(what: Delay): number {
    const { random } = this.kernel;
    const [least, most] = USUAL_MS[what];
    const slowStep = Math.max(this.around.network.weather.slowStep, this.around.sluggish.get(what) ?? 0);
    if (slowStep > 0 && random.chance(slowStep)) {
      this.around.tally.count('step late');
      return random.between(20, 1_500);
    }
    return random.between(least, most);
  }

  /** Flushes of the volume do not come back for so long. */
  hangDisk(forMs: number): void {
    const { now } = this.kernel;
    this.hang = { from: this.diskSilentMs === 0 ? now : this.hang.from, until: now + forMs };
  }

  /** What its agent says of the volume. */
  get diskSilentMs(): number {
    const { now } = this.kernel;
    return now < this.hang.until ? now - this.hang.from : 0;
  }

  flushMs(): number {
    return Math.max(0, this.hang.until - this.kernel.now) + this.delayMs('flush');
  }

  travelMs(to: string): number | undefined {
    return this.around.network.travelMs(this.host, to);
  }

  serverAt(address: string): Server | undefined {
    return this.around.serverAt(address);
  }

  nextId(): number {
    return this.around.nextId();
  }

  acknowledged(server: Server, position: number): void {
    this.around.acknowledged(server, position);
  }

  cutPower(): void {
    this.isOn = false;
    this.isDoorOpen = false;
    this.around.network.setPower(this.host, false);
    this.server?.kill();
    this.server = undefined;
    this.files.cutPower(this.kernel.random);
  }

  powerOn(): void {
    this.isOn = true;
    this.around.network.setPower(this.host, true);
  }

  /** Another disk in the slot, with nothing on it. */
  replaceVolume(volumeId: string): void {
    this.files = new FileSystem();
    this.volumeId = volumeId;
  }

  snapshot(): FileSystem {
    return this.files.copy(copyOfCluster);
  }

  restore(snapshot: FileSystem, volumeId: string): void {
    this.files = snapshot;
    this.volumeId = volumeId;
  }

  serviceFor(actor: Actor): Service {
    const operate = <T>(what: string, effect: () => T): Promise<T> =>
      this.kernel.operate(actor, what, effect, { beforeMs: this.delayMs('program'), afterMs: 0 });
    return {
      start: () =>
        operate('start PostgreSQL', () => {
          if (this.server !== undefined && this.server.state !== 'ended') return;
          const cluster = clusterIn(this.files);
          // Without a data directory the unit fails at once.
          this.server = cluster === undefined ? undefined : new Server(this);
        }),
      stop: (signal: StopSignal) =>
        operate(`stop PostgreSQL (${signal})`, () => {
          const { server } = this;
          if (server === undefined) return;
          // The kernel ends what is stopped, too; anything else waits until it runs again.
          if (signal === 'kill') server.kill();
          else if (!server.isStopped) {
            if (signal === 'fast') server.stopFast();
            else server.kill();
          }
        }),
      hasProcess: () => operate('look for processes', () => this.server !== undefined && this.server.state !== 'ended'),
      seemsToRun: () =>
        operate('glance at processes', () => this.server !== undefined && this.server.state !== 'ended'),
      mainPid: () =>
        operate('look for the postmaster', () => (this.server?.state === 'ended' ? undefined : this.server?.mainPid)),
    };
  }
}
