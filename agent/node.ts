import type { Slot } from '../core/member';
import type { Policy } from '../core/policy';
import type { PrimaryPlace } from '../core/record';
import type { Settings } from '../core/settings';
import type { DiskStatus } from '../core/status';
import type { RegisterPort } from './register-port';
import type { NodeConfig } from './config';
import type { Door } from './door';
import type { IdentityStore } from './identity';
import type { Log } from './log';
import type { Peers } from './peers';
import type { PostgresContext, Upstream } from './postgres/context';
import type { Accounts } from './postgres/initialize';
import type { Promises } from './promise';
import type { RegisterWatch } from './register-watch';

/** What every duty of this node works with. Made once, when the volume is mounted. */
export interface Node {
  readonly config: NodeConfig;
  readonly policy: Policy;
  readonly address: string;
  readonly instanceId: string;
  readonly postgres: PostgresContext;
  readonly register: RegisterPort;
  readonly watch: RegisterWatch;
  readonly identity: IdentityStore;
  readonly promises: Promises;
  readonly peers: Peers;
  readonly door: Pick<Door, 'open' | 'close' | 'keepOpen'>;
  readonly log: Log;
  settings(): Settings;
  readonly disk: NodeDisk;
  /** Reads the passwords of the roles that Holdfast makes; only for a moment in memory. */
  accounts(): Promise<Accounts>;
  hostOf(slot: Slot): string;
  /** What the node is doing, for people: the status page shows it. */
  activity(text: string): void;
}

/** The slot's volume, as far as duties care. */
export interface NodeDisk {
  /** Null before it was asked. */
  status(): DiskStatus | null;
  /** Before PostgreSQL is started: what was held back for its recovery is given up if it has to be. */
  makeRoom(): Promise<void>;
}

/** A recorded primary as the one to stream from: by address, with the slot's name for its certificate. */
export function upstreamOf(node: Node, primary: PrimaryPlace): Upstream {
  return { address: primary.address, host: node.hostOf(primary.member.slice(0, 1) as Slot) };
}
