import type { Disruption, LabNetwork } from '../host/network';
import type { MachineHarm, Victim } from './machine-fault';

const DISRUPTION = {
  partition: { direction: 'both', percent: 100 },
  deaf: { direction: 'in', percent: 100 },
  mute: { direction: 'out', percent: 100 },
  loss: { direction: 'both', percent: 30 },
} as const satisfies Record<string, Disruption>;

type Name = keyof typeof DISRUPTION;

/** Harm to a machine's packets; one at a time. */
export class NetworkFaults implements MachineHarm<Name> {
  readonly names = Object.keys(DISRUPTION) as Name[];

  constructor(private readonly network: LabNetwork) {}

  on({ machineId }: Victim): Promise<readonly string[]> {
    const disruption = this.network.disruptionOf(machineId);
    if (disruption === undefined) return Promise.resolve([]);
    const { direction, percent, peers } = disruption;
    const name = this.names.find(
      (each) => DISRUPTION[each].direction === direction && DISRUPTION[each].percent === percent,
    );
    return Promise.resolve([`${name ?? direction}${peers === undefined ? '' : ' from some'}`]);
  }

  inject(name: Name, { machineId }: Victim, peers?: readonly string[]): Promise<void> {
    return this.network.disrupt(machineId, { ...DISRUPTION[name], ...(peers === undefined ? {} : { peers }) });
  }

  heal({ machineId }: Victim): Promise<void> {
    return this.network.mend(machineId);
  }
}
