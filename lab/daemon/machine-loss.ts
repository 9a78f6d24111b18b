import type { LabHost } from '../host/host';
import type { Region } from '../ports';
import type { MachineHarm, Victim } from './machine-fault';

type Name =
  'power-off' | 'lose-volume' | 'terminate' | 'spot-notice' | 'maintenance-notice' | 'lose-zone' | 'no-capacity';

/** Two minutes' notice is what spot instances get. */
const SPOT_MS = 120_000;
/** Within the time that an agent takes for near. */
const MAINTENANCE_MS = 300_000;

/** The places of functions, as lab/aws names them. */
export const FUNCTION_PLACES = 'lambda-';

/** A machine that goes, its volume, its zone, and EC2's word that it will. */
export class MachineLoss implements MachineHarm<Name> {
  readonly names = [
    ...(['power-off', 'lose-volume', 'terminate', 'spot-notice', 'maintenance-notice', 'lose-zone'] as const),
    'no-capacity',
  ] as const;
  private readonly noticed = new Map<string, Name>();
  private readonly emptyZones = new Set<string>();

  constructor(
    private readonly host: LabHost,
    private readonly region: Region,
  ) {}

  on({ machineId, address }: Victim): Promise<readonly string[]> {
    const notice = this.noticed.get(machineId);
    const zone = this.region.zoneOf(address) ?? '';
    return Promise.resolve([
      ...(notice === undefined ? [] : [notice]),
      ...(this.emptyZones.has(zone) ? ['no-capacity'] : []),
    ]);
  }

  async inject(name: Name, victim: Victim): Promise<void> {
    const { machineId, address } = victim;
    switch (name) {
      case 'power-off':
        return this.host.machines.powerOff(machineId);
      case 'lose-volume':
        await this.host.machines.powerOff(machineId);
        return this.host.volumes.erase(machineId);
      case 'terminate':
        return this.region.terminateInstance(machineId);
      case 'spot-notice':
        return this.announce(name, machineId, { kind: 'spot', inMs: SPOT_MS });
      case 'maintenance-notice':
        return this.announce(name, machineId, { kind: 'maintenance', inMs: MAINTENANCE_MS });
      case 'no-capacity':
        return this.setCapacity(this.zoneOf(address), false);
      case 'lose-zone':
        this.setCapacity(this.zoneOf(address), false);
        await Promise.all([
          this.host.machines.powerOff(machineId),
          ...this.functionsIn(this.zoneOf(address)).map((place) =>
            this.host.network.disrupt(place, { direction: 'both', percent: 100 }),
          ),
        ]);
    }
  }

  /** A machine that Auto Scaling has given up stays off: its replacement comes. */
  async heal({ machineId, address }: Victim): Promise<void> {
    const zone = this.region.zoneOf(address);
    if (zone !== undefined && this.emptyZones.has(zone)) this.setCapacity(zone, true);
    for (const place of this.functionsIn(zone)) await this.host.network.mend(place);
    const instance = this.region.instances().find((each) => each.instanceId === machineId);
    if (this.noticed.delete(machineId) && instance !== undefined) this.region.setNotice(machineId, undefined);
    if (instance?.ec2State !== 'running' || instance.lifecycleState !== 'InService') return;
    if (this.host.machines.state(machineId)?.running === false) await this.host.machines.powerOn(machineId);
  }

  private announce(name: Name, machineId: string, notice: Parameters<Region['setNotice']>[1]): void {
    this.region.setNotice(machineId, notice);
    this.noticed.set(machineId, name);
  }

  private setCapacity(zone: string, available: boolean): void {
    this.region.setCapacity(zone, available);
    if (available) this.emptyZones.delete(zone);
    else this.emptyZones.add(zone);
  }

  private zoneOf(address: string): string {
    const zone = this.region.zoneOf(address);
    if (zone === undefined) throw new Error(`${address} is in no subnet.`);
    return zone;
  }

  private functionsIn(zone: string | undefined): string[] {
    return this.host.network
      .places(FUNCTION_PLACES)
      .filter(({ address }) => this.region.zoneOf(address) === zone)
      .map(({ name }) => name);
  }
}
