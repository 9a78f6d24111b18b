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

/** Faults done to machines, and which of them are in force. The machine that a fault hit keeps it: a successor is well. */
export class Faults {
  private readonly inForce = new Map<string, Set<Lasting>>();

  constructor(
    private readonly host: LabHost,
    private readonly region: Region,
    private readonly targets: FaultTargets,
    private readonly log: (line: string) => void,
  ) {}

  on(machineId: string): readonly string[] {
    return [...(this.inForce.get(machineId) ?? [])];
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
        await this.signalPostgres(machineId, 'SIGSTOP');
        this.remember(machineId, name);
        return;
      case 'partition':
        await this.host.network.cut(machineId);
        this.remember(machineId, name);
        return;
      case 'power-off':
        return this.host.machines.powerOff(machineId);
      case 'terminate':
        return this.region.terminateInstance(machineId);
      case 'heal':
        for (const fault of this.inForce.get(machineId) ?? []) await this.heal(fault, machineId);
        return;
    }
  }

  private async heal(fault: Lasting, machineId: string): Promise<void> {
    switch (fault) {
      case 'pause':
        if (this.host.machines.state(machineId)?.running === true) await this.signalPostgres(machineId, 'SIGCONT');
        break;
      case 'partition':
        await this.host.network.mend(machineId);
        break;
    }
    this.inForce.get(machineId)?.delete(fault);
    this.log(`fault: ${fault} on ${machineId} has ended`);
  }

  private healLater(fault: Lasting, machineId: string, forMs: number): void {
    setTimeout(() => {
      this.heal(fault, machineId).catch((error: unknown) =>
        this.log(`healing ${fault} on ${machineId}: ${String(error)}`),
      );
    }, forMs);
  }

  private remember(machineId: string, fault: Lasting): void {
    const faults = this.inForce.get(machineId) ?? new Set();
    this.inForce.set(machineId, faults.add(fault));
  }

  /** The postmaster alone: the others are its children and end when they notice. */
  private async killPostgres(machineId: string): Promise<void> {
    const all = await this.host.machines.processes(machineId, 'postgres');
    const pids = new Set(all.map((each) => each.pid));
    const postmasters = all.filter((each) => !pids.has(each.parentPid));
    if (postmasters.length === 0) throw new Error(`No PostgreSQL runs on ${machineId}.`);
    for (const { pid } of postmasters) signal(pid, 'SIGKILL');
  }

  /** Every process, also those that are forked meanwhile: looks again until none is new. */
  private async signalPostgres(machineId: string, name: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const done = new Set<number>();
    for (;;) {
      const fresh = (await this.host.machines.processes(machineId, 'postgres')).filter((each) => !done.has(each.pid));
      if (fresh.length === 0) break;
      for (const { pid } of fresh) {
        signal(pid, name);
        done.add(pid);
      }
    }
    if (done.size === 0) throw new Error(`No PostgreSQL runs on ${machineId}.`);
  }
}
