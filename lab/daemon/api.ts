import type { FailoverEvent } from '../../core/event';
import type { Guarantee } from '../../core/guarantee';
import type { FaultName } from './fault-list';

/** What the region's daemon and the command line say to each other, over HTTP on a Unix socket. */

/** `script/lab status --json`; others script against it. */
export interface StatusReport {
  readonly stack: string;
  /** Absent while there is no record yet. */
  readonly term?: number;
  readonly phase?: string;
  readonly paused?: boolean;
  readonly primary?: { readonly member: string; readonly slot: string };
  readonly guarantees: readonly Guarantee[];
  readonly slots: readonly SlotReport[];
  readonly endpoints: EndpointReport;
  /** `real`, or `short` when AWS is quicker here than it is. */
  readonly awsTimes: string;
  /** Faults in force on services of AWS, by service. */
  readonly awsFaults: Readonly<Record<string, string>>;
  /** Everything is as it should be; if not, {@link unhealthy} says what is missing. */
  readonly healthy: boolean;
  readonly unhealthy: readonly string[];
}

export interface SlotReport {
  readonly slot: string;
  readonly instanceId?: string;
  readonly lifecycleState?: string;
  readonly address?: string;
  readonly member?: string;
  readonly role: 'none' | 'standby' | 'primary' | 'unknown';
  readonly healthy: boolean;
  readonly reason?: string;
  readonly activity?: string;
  /** Its agent coordinates, since the health checker is silent. */
  readonly coordinating?: boolean;
  readonly timeline?: number;
  readonly lsn?: string;
  /** How far what it has replayed is behind the primary. */
  readonly lagBytes?: number;
  readonly leaderPid?: number;
  readonly namespace?: string;
  /** Faults in force on its machine. */
  readonly faults: readonly string[];
}

export interface EndpointReport {
  readonly writer: string;
  readonly reader: string;
  /** What the lab's DNS answers for them now. */
  readonly writerAddresses: readonly string[];
  readonly readerAddresses: readonly string[];
  readonly dsn: string;
  readonly port: number;
  readonly database: string;
  readonly secretArn: string;
  /** SSM parameter with the CA's certificate. */
  readonly caCertificate: string;
}

export interface FaultRequest {
  readonly name: FaultName;
  /** A slot, several with commas between them, `primary`, `standby`, `all`; a service for faults of AWS. */
  readonly target: string;
  /** Ends by itself after this time; only for faults that can end. */
  readonly forMs?: number;
  /** Network faults only, and only to and from these: slots, `health-checker`, `client`, `aws`, `dns`. */
  readonly peers?: readonly string[];
}

export interface FaultReport {
  readonly name: FaultName;
  /** The machine that was hit, when it was one; the first of several. */
  readonly slot?: string;
  readonly instanceId?: string;
  /** All machines that were hit, by slot. */
  readonly machines?: Readonly<Record<string, string>>;
  /** The service that was hit, when it was one. */
  readonly service?: string;
  readonly forMs?: number;
}

/** A machine as seen from the host, for `exec` and `logs`. */
export interface MachineReport {
  readonly slot: string;
  readonly machineId: string;
  readonly leaderPid?: number;
  /** Directory with its journal, readable from the host. */
  readonly journal: string;
  readonly consoleFile: string;
}

/** The application machine: a tree, a network namespace, and what libpq wants to know. */
export interface ClientReport {
  readonly root: string;
  readonly namespace: string;
  readonly controlGroups: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Host name of each slot. */
  readonly slots: Readonly<Record<string, string>>;
}

/** Who `holdfast` is on the application machine: the region, and the keys of an operator. */
export interface OperatorReport {
  readonly env: Readonly<Record<string, string>>;
}

export type EventsReport = readonly FailoverEvent[];

/** Lines of JSON while the lab comes up; the last one is `ready` or `failed`. */
export type UpMessage =
  | { readonly kind: 'progress'; readonly text: string }
  | { readonly kind: 'ready'; readonly status: StatusReport }
  | { readonly kind: 'failed'; readonly message: string };

/** Lines of JSON while a redeploy goes on; the last one is `deployed` or `failed`. */
export type DeployMessage =
  | { readonly kind: 'progress'; readonly text: string }
  | { readonly kind: 'deployed'; readonly status: StatusReport }
  | { readonly kind: 'failed'; readonly message: string };

export interface DeployRequest {
  /** What `cdk synth` wrote; read while the update goes on. */
  readonly assemblyDirectory: string;
}

/** Every refused request: HTTP 4xx or 5xx with this. */
export interface ErrorReport {
  readonly error: string;
}
