import type { FaultReport, FaultRequest } from './api';
import { HEAL, isLasting, isServiceFault, PEERED, type FaultName, type MachineFault } from './fault-list';
import type { Victim } from './machine-fault';
import type { MachineFaults } from './machine-faults';
import type { ServiceFaults } from './service-faults';

/** What a target may be, and which machines it means now. */
export interface FaultTargets {
  /** Slots' names, `primary`, `standby`, `all`; anything else is a service of AWS. */
  isMachine(target: string): boolean;
  /** The slots that are meant, at least one. @throws Error when there is none. */
  resolve(target: string): Promise<readonly string[]>;
  /** The slot's newest machine, on or off. */
  victim(slot: string): Victim | undefined;
  /** Network places of a peer: a slot's machine, the functions, the application machine, AWS. @throws Error for any other */
  places(peer: string): readonly string[];
}

/** Does harm on request, and ends it when its time is over. */
export class Faults {
  /** Machines that were hit and not healed since, by slot: one may have been replaced meanwhile. */
  private readonly hit = new Map<string, Victim[]>();

  constructor(
    private readonly machines: MachineFaults,
    private readonly services: ServiceFaults,
    private readonly targets: FaultTargets,
    private readonly log: (line: string) => void,
  ) {}

  async inject(request: FaultRequest): Promise<FaultReport> {
    const { name, target, forMs, peers } = request;
    if (forMs !== undefined && !isLasting(name)) {
      throw new Error(`${name} has no end, so --for does not go with it.`);
    }
    if (peers !== undefined && !PEERED.includes(name)) {
      throw new Error(
        `${name} is not between machines, so --from does not go with it. It goes with ${PEERED.join(', ')}.`,
      );
    }
    const duration = forMs === undefined ? {} : { forMs };
    if (isServiceFault(name) || (name === HEAL && !this.targets.isMachine(target))) {
      this.disturbService(name, target);
      this.note(request, target, () => Promise.resolve(this.services.heal(target)));
      return { name, service: target, ...duration };
    }
    const slots = await this.targets.resolve(target);
    const machines = await (name === HEAL ? this.heal(slots) : this.harm(name, slots, peers));
    const [slot, instanceId] = Object.entries(machines)[0] ?? [];
    const what = Object.entries(machines).map(([each, id]) => `slot ${each}, ${id}`);
    this.note(request, what.join(' and '), () => this.heal(slots));
    return {
      ...{ name, machines, ...duration },
      ...(slot === undefined || instanceId === undefined ? {} : { slot, instanceId }),
    };
  }

  private disturbService(name: FaultName, target: string): void {
    if (this.targets.isMachine(target)) {
      throw new Error(`${name} is a fault of AWS; its target is a service, for example dynamodb, and not "${target}".`);
    }
    if (isServiceFault(name)) this.services.inject(name, target);
    else this.services.heal(target);
  }

  /** All at once: power cuts of several machines are one event. */
  private async harm(
    name: MachineFault,
    slots: readonly string[],
    peers: readonly string[] | undefined,
  ): Promise<Record<string, string>> {
    const victims = slots.map((slot) => this.runningVictim(slot));
    const places = peers?.flatMap((peer) => this.targets.places(peer));
    for (const victim of victims) this.hit.set(victim.slot, [...(this.hit.get(victim.slot) ?? []), victim]);
    await Promise.all(victims.map((victim) => this.machines.inject(name, victim, places)));
    return Object.fromEntries(victims.map(({ slot, machineId }) => [slot, machineId]));
  }

  private async heal(slots: readonly string[]): Promise<Record<string, string>> {
    const healed = slots.map(async (slot) => {
      const now = this.targets.victim(slot);
      const earlier = (this.hit.get(slot) ?? []).filter(({ machineId }) => machineId !== now?.machineId);
      this.hit.delete(slot);
      // Those that were replaced have no processes any more, but their zone and their functions' subnet may be down still.
      for (const gone of earlier) await this.machines.heal({ ...gone, leaderPid: undefined });
      if (now !== undefined) await this.machines.heal(now);
      return [slot, now?.machineId ?? 'no machine'] as const;
    });
    return Object.fromEntries(await Promise.all(healed));
  }

  private runningVictim(slot: string): Victim {
    const victim = this.targets.victim(slot);
    if (victim === undefined) throw new Error(`Slot ${slot} has no instance.`);
    if (victim.leaderPid !== undefined) return victim;
    throw new Error(`The machine of slot ${slot}, ${victim.machineId}, is off.`);
  }

  private note({ name, forMs }: FaultRequest, what: string, heal: () => Promise<unknown>): void {
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
