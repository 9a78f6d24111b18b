import type { LabHost } from '../host/host';
import type { Region } from '../ports';
import { DiskFaults } from './disk-faults';
import type { MachineFault } from './fault-list';
import type { MachineHarm, Victim } from './machine-fault';
import { MachineLoss } from './machine-loss';
import { MemoryFaults } from './memory-faults';
import { NetworkFaults } from './network-faults';
import { ProcessFaults } from './process-faults';

/** All harm that can be done to a machine. */
export class MachineFaults {
  private readonly kinds: readonly MachineHarm[];

  constructor(host: LabHost, region: Region) {
    this.kinds = [
      new ProcessFaults(host.machines),
      new DiskFaults(host.volumes, host.cgroups),
      new MemoryFaults(host.cgroups),
      new NetworkFaults(host.network),
      new MachineLoss(host, region),
    ];
  }

  /** Names of the faults in force. */
  async on(victim: Victim): Promise<readonly string[]> {
    return (await Promise.all(this.kinds.map((kind) => kind.on(victim)))).flat();
  }

  async inject(name: MachineFault, victim: Victim, peers?: readonly string[]): Promise<void> {
    const kind = this.kinds.find(({ names }) => names.includes(name));
    if (kind === undefined) throw new Error(`Nobody does ${name}.`);
    await kind.inject(name, victim, peers);
  }

  /** Processes first: a machine that stands still could not be helped otherwise. */
  async heal(victim: Victim): Promise<void> {
    for (const kind of this.kinds) await kind.heal(victim);
  }
}
