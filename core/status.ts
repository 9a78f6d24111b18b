import type { Space } from './disk-space';
import type { Ancestor } from './lineage';

/**
 * What an agent's page says of its own node: `GET https://<address>:8432/status`, JSON exactly as here.
 * Read-only and a hint: nobody acts on it without the register, except that it may convict its own node.
 */
export interface NodeStatus {
  readonly cluster: string;
  readonly slot: string;
  readonly instanceId: string;
  readonly address: string;
  /** Absent until a data directory exists. */
  readonly member: string | null;
  /** What the agent is doing, for people: "attaching volume", "cloning from a", "following", "serving" … */
  readonly activity: string;
  readonly role: 'none' | 'standby' | 'primary';
  /** Serves its role: a primary with its door open, or a standby that streams on the recorded timeline. */
  readonly healthy: boolean;
  /** Why it is not healthy. */
  readonly reason: string | null;
  /** The last record this agent read: version, term, and how long ago the read succeeded. */
  readonly record: {
    readonly version: number;
    readonly term: number;
    readonly epoch: string;
    readonly ageMs: number;
  } | null;
  /** Term of the pledge on disk; 0 without one. */
  readonly pledgedTerm: number;
  readonly postgres: PostgresStatus;
  /** The slot's volume; null before it was asked. */
  readonly disk: DiskStatus | null;
  /** The instance is about to go: lifecycle hook, spot or maintenance notice. */
  readonly leaving: boolean;
  /** This agent has taken the coordinator's role, since the health checker is silent. */
  readonly coordinating?: boolean;
  /** For how long already. */
  readonly leavingForMs?: number;
  /** Milliseconds that this agent's loop was late in its last beat. */
  readonly loopLateMs: number;
}

export interface DiskStatus {
  /** Milliseconds since a block was last read from the volume past every cache, and one flushed to it. */
  readonly answerAgeMs: number;
  /** Null before it was measured. */
  readonly volume: {
    readonly totalBytes: number;
    readonly freeBytes: number;
    /** `full`: applications may only read. */
    readonly space: Space;
  } | null;
}

export interface PostgresStatus {
  /**
   * `down`: no postmaster. `starting`: recovery, not yet answering. `frozen`: a fresh local connection got no answer in
   * time. `refusing`: it got an error for one, which says nothing about its health.
   */
  readonly state: 'absent' | 'down' | 'starting' | 'frozen' | 'refusing' | 'up';
  /** Milliseconds that its agent has seen it in this state. */
  readonly stateForMs: number;
  readonly inRecovery: boolean | null;
  readonly timeline: number | null;
  /** Written (primary) or replayed (standby) position, pg_lsn text. */
  readonly lsn: string | null;
  /** Standby: received and flushed position. */
  readonly receivedLsn: string | null;
  readonly ancestry: readonly AncestorText[];
  /**
   * Standby: milliseconds since WAL last arrived, or since somebody looked for it first; the primary sends some every half
   * second. Null on a primary, and when its agent has not looked of late: that is no evidence.
   */
  readonly fedAgeMs: number | null;
  /** Standby: a WAL receiver is streaming. */
  readonly streaming: boolean;
  /** Primary: clients are let in. */
  readonly doorOpen: boolean;
  /** Primary: milliseconds since a local write was last answered, be it with an SQL error: a hung disk answers nothing. */
  readonly localWriteAgeMs: number | null;
  /** Primary: milliseconds since the last quorum flush was seen. */
  readonly quorumAgeMs: number | null;
}

/** An {@link Ancestor} as JSON: the position as text. */
export type AncestorText = Omit<Ancestor, 'forkLsn'> & { readonly forkLsn: string };

/** What an agent writes once and whenever it changes (`node#<slot>` / `report`): where to find it. */
export interface NodeReport {
  readonly slot: string;
  readonly address: string;
  readonly instanceId: string;
  readonly member: string | null;
  /** Its volume holds a data directory or a record it has seen: nobody may bootstrap over it. */
  readonly hasHistory: boolean;
}
