import type { LabHost } from '../host/host';
import { signal } from '../host/processes';
import type { Region, RegionInstance } from '../ports';
import type { FaultName, FaultReport, FaultRequest } from './api';

/** Faults that end when they are healed, and so may have a duration. */
type Lasting = 'pause' | 'partition';

export interface FaultTargets {
  /** Slot of `primary`, `standby` or a slot's own name. @throws Error when there is none. */
  resolve(target: string): Promise<string>;
  instance(slot: string): RegionInstance | undefined;
}

const LASTING: readonly string[] = ['pause', 'partition'] satisfies Lasting[];

/** Faults done to machines. Which are in force is seen from the machine itself: an agent may have ended one by its own means. */
export class Faults {
  constructor(
    private readonly host: LabHost,
    private readonly region: Region,
    private readonly targets: FaultTargets,
    private readonly log: (line: string) => void,
  ) {}

  async on(machineId: string): Promise<readonly Lasting[]> {
    const { machines, network } = this.host;
    const paused = (await machines.processes(machineId, 'postgres')).some((each) => each.stopped);
    return [...(paused ? (['pause'] as const) : []), ...(network.isCut(machineId) ? (['partition'] as const) : [])];
  }

  async inject(request: FaultRequest): Promise<FaultReport> {
    const { name, target, forMs } = request;
    if (forMs !== undefined && !LASTING.includes(name)) {
      throw new Error(
        `The fault ${name} has no end, so --for does not go with it. It goes with ${LASTING.join(', ')}.`,
      );
    }
    const slot = await this.targets.resolve(target);
    const instance = this.targets.instance(slot);
    if (instance === undefined) throw new Error(`Slot ${slot} has no instance.`);
    const { instanceId } = instance;
    if (this.host.machines.state(instanceId)?.running !== true) {
      throw new Error(`The machine of slot ${slot}, ${instanceId}, is off.`);
    }
    this.log(`fault: ${name} on slot ${slot}, ${instanceId}${forMs === undefined ? '' : ` for ${forMs} ms`}`);
    await this.act(name, instanceId);
    if (forMs !== undefined) this.healLater(name as Lasting, instanceId, forMs);
    return { name, slot, instanceId, ...(forMs === undefined ? {} : { forMs }) };
  }

  private async act(name: FaultName, machineId: string): Promise<void> {
    switch (name) {
      case 'kill-postgres':
        return this.killPostgres(machineId);
      case 'pause':
        if ((await this.signalPostgres(machineId, 'SIGSTOP')) > 0) return;
        throw new Error(`No PostgreSQL runs on ${machineId}.`);
      case 'partition':
        return this.host.network.cut(machineId);
      case 'power-off':
        return this.host.machines.powerOff(machineId);
      case 'terminate':
        return this.region.terminateInstance(machineId);
      case 'heal':
        for (const fault of await this.on(machineId)) await this.heal(fault, machineId);
        return;
    }
  }

  private async heal(fault: Lasting, machineId: string): Promise<void> {
    switch (fault) {
      case 'pause':
        await this.signalPostgres(machineId, 'SIGCONT');
        break;
      case 'partition':
        await this.host.network.mend(machineId);
        break;
    }
    this.log(`fault: ${fault} on ${machineId} has ended`);
  }

  private healLater(fault: Lasting, machineId: string, forMs: number): void {
    setTimeout(() => {
      this.heal(fault, machineId).catch((error: unknown) =>
        this.log(`healing ${fault} on ${machineId}: ${String(error)}`),
      );
    }, forMs);
  }

  /** The postmaster alone: the others are its children and end when they notice. */
  private async killPostgres(machineId: string): Promise<void> {
    const all = await this.host.machines.processes(machineId, 'postgres');
    const pids = new Set(all.map((each) => each.pid));
    const postmasters = all.filter((each) => !pids.has(each.parentPid));
    if (postmasters.length === 0) throw new Error(`No PostgreSQL runs on ${machineId}.`);
    for (const { pid } of postmasters) signal(pid, 'SIGKILL');
  }

  /** Every process, also those that are forked meanwhile: looks again until none is new. Says how many it found. */
  private async signalPostgres(machineId: string, name: 'SIGSTOP' | 'SIGCONT'): Promise<number> {
    const done = new Set<number>();
    for (;;) {
      const fresh = (await this.host.machines.processes(machineId, 'postgres')).filter((each) => !done.has(each.pid));
      if (fresh.length === 0) return done.size;
      for (const { pid } of fresh) {
        signal(pid, name);
        done.add(pid);
      }
    }
  }
}
