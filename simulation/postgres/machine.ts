import type { Kernel } from '../kernel/kernel';
import type { FileSystem } from '../world/file-system';
import type { Server } from './server';

/** What a simulated server and its programs stand on: a host with a volume and a network. */
export interface Machine {
  readonly host: string;
  readonly address: string;
  readonly kernel: Kernel;
  readonly files: FileSystem;
  /** How slow PostgreSQL's own processes are now: each delay is drawn from it, milliseconds. */
  delayMs(what: Delay): number;
  /** A message to a host; undefined when it does not get there. */
  travelMs(to: string): number | undefined;
  serverAt(address: string): Server | undefined;
  /** Ids of processes, records and connections. */
  nextId(): number;
  /** A commit was acknowledged by this server: it waits for nobody any more. */
  acknowledged(server: Server, position: number): void;
}

/** Each is a place where a process of PostgreSQL can be late, or stand still for seconds. */
export type Delay =
  | 'answer'
  | 'flush'
  | 'reload'
  | 'checkpointer'
  | 'walsender'
  | 'startup'
  | 'receiver'
  | 'replay'
  | 'recovery'
  | 'copy'
  | 'program';
