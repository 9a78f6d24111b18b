import type { LabHost } from '../host/host';
import { signal } from '../host/processes';
import type { Region } from '../ports';
import type { MachineFault } from './api';

/** Machine faults that end when they are healed. */
type Lasting = Extract<MachineFault, 'pause' | 'partition'>;

/** Faults done to machines. Which are in force is seen from the machine itself: its agent may have ended one by its own means. */
export class MachineFaults {
  constructor(
    private readonly host: Pick<LabHost, 'machines' | 'network'>,
    private readonly region: Pick<Region, 'terminateInstance'>,
  ) {}

  async on(machineId: string): Promise<readonly Lasting[]> {
    const { machines, network } = this.host;
    const paused = (await machines.processes(machineId, 'postgres')).some((each) => each.stopped);
    return [...(paused ? (['pause'] as const) : []), ...(network.isCut(machineId) ? (['partition'] as const) : [])];
  }

  async inject(name: MachineFault, machineId: string): Promise<void> {
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
    }
  }

  /** Ends what can be ended; a machine that is gone meanwhile needs nothing. */
  async heal(machineId: string): Promise<void> {
    await this.signalPostgres(machineId, 'SIGCONT');
    await this.host.network.mend(machineId);
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
