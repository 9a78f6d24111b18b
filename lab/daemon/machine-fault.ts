import type { MachineFault } from './fault-list';

/** The machine that a fault is done to, as it is now. */
export interface Victim {
  readonly slot: string;
  readonly machineId: string;
  /** IPv4 address inside the VPC. */
  readonly address: string;
  /** Its init; undefined while it is off. */
  readonly leaderPid: number | undefined;
}

/**
 * One kind of harm. What is in force is seen from the machine itself where that is possible: its agent may have ended
 * a fault by its own means.
 */
export interface MachineHarm<Name extends MachineFault = MachineFault> {
  readonly names: readonly Name[];
  /** Names of those in force. */
  on(victim: Victim): Promise<readonly string[]>;
  /** `peers`: network places that a network fault is limited to. */
  inject(name: Name, victim: Victim, peers?: readonly string[]): Promise<void>;
  /** Ends what can be ended; a machine without harm needs nothing. */
  heal(victim: Victim): Promise<void>;
}

/** @throws Error for a machine that is off */
export function leaderOf({ machineId, leaderPid, slot }: Victim): number {
  if (leaderPid === undefined) throw new Error(`The machine of slot ${slot}, ${machineId}, is off.`);
  return leaderPid;
}
