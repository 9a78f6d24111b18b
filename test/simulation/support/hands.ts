import type { run } from '../../../agent/command';
import type { PostgresContext, Upstream } from '../../../agent/postgres/context';
import type { Member } from '../../../core/member';

/** A node: its server, who it is, how others reach it. */
export interface Place {
  readonly ctx: PostgresContext;
  readonly member: Member;
  readonly upstream: Upstream;
}

export type Process = 'checkpointer' | 'walreceiver' | 'startup' | 'all of it';

/** Lets what was stopped go on. */
export type Thaw = () => void;

/** What is done to servers from outside, where the real and the simulated ones are handled differently. */
export interface Hands {
  /** One of PostgreSQL's programs. */
  readonly run: typeof run;
  /** Initialized, running, with `acks: 0` in force. */
  addPrimary(slot: string): Promise<Place>;
  /** Without a data directory. */
  addNode(slot: string): Promise<Place>;
  /** Commits like an application; whether it is acknowledged within the time. */
  insert(at: Place, note: string, timeoutMs: number): Promise<boolean>;
  /** What applications have committed, as this server shows it. */
  notes(at: Place): Promise<readonly string[]>;
  /** SIGSTOP. */
  freeze(at: Place, process: Process): Promise<Thaw>;
  /** SIGSTOP to the walsender that feeds `standby`. */
  freezeSenderOf(at: Place, standby: Place): Promise<Thaw>;
  /** SIGTERM. */
  endReceiver(at: Place): Promise<void>;
  /** Resolves when it is paused. */
  pauseReplay(at: Place): Promise<void>;
}
