import type { MachineState, RegionInstance } from '../ports';
import {
  HEAL,
  SERVICE_FAULTS,
  type FaultName,
  type FaultReport,
  type FaultRequest,
  type ServiceFaultName,
} from './api';
import type { MachineFaults } from './machine-faults';
import type { ServiceFaults } from './service-faults';

/** What a target may be, and which machine it means now. */
export interface FaultTargets {
  /** A slot's name, `primary` or `standby`; anything else is a service of AWS. */
  isMachine(target: string): boolean;
  /** @throws Error when there is none. */
  resolve(target: string): Promise<string>;
  instance(slot: string): RegionInstance | undefined;
  machine(instanceId: string): MachineState | undefined;
}

/** Faults with an end, which `--for` and `heal` bring about. */
const LASTING: readonly FaultName[] = ['pause', 'partition', ...SERVICE_FAULTS];

/** Does harm on request, and ends it when its time is over. */
export class Faults {
  constructor(
    private readonly machines: MachineFaults,
    private readonly services: ServiceFaults,
    private readonly targets: FaultTargets,
    private readonly log: (line: string) => void,
  ) {}

  async inject(request: FaultRequest): Promise<FaultReport> {
    const { name, target, forMs } = request;
    if (forMs !== undefined && !LASTING.includes(name)) {
      throw new Error(`${name} has no end, so --for does not go with it. It goes with ${LASTING.join(', ')}.`);
    }
    const duration = forMs === undefined ? {} : { forMs };
    if (isServiceFault(name) || (name === HEAL && !this.targets.isMachine(target))) {
      if (this.targets.isMachine(target)) {
        throw new Error(
          `${name} is a fault of AWS; its target is a service, for example dynamodb, and not "${target}".`,
        );
      }
      if (name === HEAL) this.services.heal(target);
      else this.services.inject(name, target);
      this.note(request, target, () => Promise.resolve(this.services.heal(target)));
      return { name, service: target, ...duration };
    }
    const slot = await this.targets.resolve(target);
    const instanceId = this.runningInstance(slot);
    await (name === HEAL ? this.machines.heal(instanceId) : this.machines.inject(name, instanceId));
    this.note(request, `slot ${slot}, ${instanceId}`, () => this.machines.heal(instanceId));
    return { name, slot, instanceId, ...duration };
  }

  private runningInstance(slot: string): string {
    const instance = this.targets.instance(slot);
    if (instance === undefined) throw new Error(`Slot ${slot} has no instance.`);
    const { instanceId } = instance;
    if (this.targets.machine(instanceId)?.running === true) return instanceId;
    throw new Error(`The machine of slot ${slot}, ${instanceId}, is off.`);
  }

  private note({ name, forMs }: FaultRequest, what: string, heal: () => Promise<void>): void {
    this.log(`fault: ${name} on ${what}${forMs === undefined ? '' : ` for ${forMs} ms`}`);
    if (forMs === undefined) return;
    setTimeout(() => {
      heal().then(
        () => this.log(`fault: ${name} on ${what} has ended`),
        (error: unknown) => this.log(`fault: ${name} on ${what} could not be ended: ${String(error)}`),
      );
    }, forMs);
  }
}

function isServiceFault(name: FaultName): name is ServiceFaultName {
  return (SERVICE_FAULTS as readonly string[]).includes(name);
}
