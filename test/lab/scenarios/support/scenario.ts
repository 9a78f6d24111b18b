import type { FaultName, MachineFault, ServiceFaultName } from '../../../../lab/daemon/fault-list';

/** Slots by the part they play when the scenario begins: the primary, one standby, the other one. */
export const ROLES = ['primary', 'standby', 'other'] as const;
export type Role = (typeof ROLES)[number];

/** What is awaited before the next step. Conditions, never mere time; what they mean is in conditions.ts. */
export type Awaited =
  | 'every client writes'
  | 'every client has written for 15 s'
  | 'nobody has written for 10 s'
  | 'the standby has left the guarantee'
  | 'the other has left the guarantee'
  | 'the primary has moved'
  | 'an agent coordinates'
  | 'no agent coordinates'
  /** For a primary that is sick but lives: soon after another failover it is waited with. */
  | 'a failover would not be too soon'
  | 'the machines of lost zones are gone'
  | 'every standby has a copy of the logical slot';

export type Step =
  | {
      readonly fault: MachineFault;
      readonly to: readonly Role[];
      readonly for?: string;
      /** Network faults only: cut off from these alone. */
      readonly from?: readonly (Role | 'health-checker' | 'client' | 'aws')[];
    }
  | { readonly fault: ServiceFaultName; readonly service: string; readonly for?: string }
  | { readonly heal: readonly Role[] }
  | { readonly healService: string }
  /** By the master user, on one slot; the next step comes when it has ended. */
  | { readonly sql: string; readonly on: Role }
  /** By the superuser, on the slot's machine, or on that of whoever is primary by then. */
  | { readonly superuserSql: string; readonly on: Role | 'new primary' }
  /** The operators' command line; the next step comes when it has ended, without an error. */
  | { readonly holdfast: readonly string[] }
  /** Ordinary users take every connection that they can get, for 20 s; the next step comes after that. */
  | { readonly exhaustConnections: Role }
  /** A query takes memory until the kernel ends its backend; the next step comes after that. */
  | { readonly exhaustMemory: Role }
  | { readonly until: Awaited };

export interface Scenario {
  /** Stable: measurements are kept under it. */
  readonly id: string;
  /** As it is listed when tests run. */
  readonly title: string;
  /** The findings of the protocol's review that it shows. */
  readonly shows?: readonly string[];
  /** The rows of docs/faults.md. */
  readonly fault: string;
  readonly usersSee: string;
  readonly healedBy: string;
  /** Quick and telling: script/test does it too (quick.scenario.ts). */
  readonly quick?: true;
  readonly steps: readonly Step[];
  readonly expect: {
    /** By how much the term rises; two numbers: at least and at most. */
    readonly elections: number | readonly [number, number];
    readonly primary: 'stays' | 'moves' | 'may move';
    /** Whether every client loses a connection on the way, so that it has to find the primary anew. */
    readonly clients: 'reconnect' | 'keep writing';
    /** Machines that are other ones in the end. */
    readonly replaced?: readonly Role[];
    /** Data directories that are the same ones in the end: the volume came back, nothing was copied. */
    readonly sameMember?: readonly Role[];
  };
}

/** A name of the command line that is no scenario's business. */
export type LabFault = Exclude<FaultName, 'heal'>;
