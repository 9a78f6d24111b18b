import type { Lsn } from '../../core/lsn';
import type { Member } from '../../core/member';

/** One look at a PostgreSQL server, through a fresh connection. Raw facts: what they mean is for others to say. */
export type PostgresObservation =
  /** No data directory. */
  | { readonly state: 'absent' }
  /** Nobody listens on the socket. */
  | { readonly state: 'down' }
  /** A postmaster answers that it starts, recovers or shuts down; `reason` is its message. */
  | { readonly state: 'starting'; readonly reason: string }
  /** A fresh connection, or a look at the views, got no answer in time. */
  | { readonly state: 'frozen'; readonly reason: string }
  /** It answers, with an error that says nothing about its health. Never counts as frozen (protocol L8). */
  | { readonly state: 'refusing'; readonly reason: string }
  | PostgresUp;

export interface PostgresUp {
  readonly state: 'up';
  readonly systemId: string;
  readonly inRecovery: boolean;
  /** Of replay on a standby, of writing on a primary; from IDENTIFY_SYSTEM, the one source that is right (protocol S4). */
  readonly timeline: number;
  /** Primary: flushed. Standby: replayed. */
  readonly lsn: Lsn;
  /** Primary: where the next record goes, perhaps not yet flushed. Null on a standby. */
  readonly insertLsn: Lsn | null;
  /** Standby: received and flushed. Not to be trusted after a restart until a receiver streams (protocol S4). */
  readonly receivedLsn: Lsn | null;
  /** Milliseconds since the postmaster started. */
  readonly uptimeMs: number;
  readonly replayPaused: boolean;
  /** It is paused, and settings wait for a restart that PostgreSQL pauses it for when the primary's are larger. */
  readonly replayHeld: boolean;
  /** Processes of type walreceiver, those that are only connecting included. */
  readonly receiverPids: readonly number[];
  /** The receiver once it has connected; null while there is none to see, which proves nothing (protocol S3). */
  readonly receiver: ReceiverRow | null;
  /** Walsenders of members, whatever their state. */
  readonly replication: readonly ReplicationRow[];
  readonly slots: readonly SlotRow[];
  /** What this fresh session shows. */
  readonly shown: ShownRole;
}

export interface ReceiverRow {
  readonly pid: number;
  readonly streaming: boolean;
  readonly flushedLsn: Lsn | null;
  readonly timeline: number | null;
  /** Milliseconds since the last message from the primary, keepalives included. */
  readonly lastMessageAgeMs: number | null;
  readonly slotName: string | null;
  readonly senderHost: string | null;
}

export interface ReplicationRow {
  readonly member: Member;
  readonly pid: number;
  readonly state: 'startup' | 'catchup' | 'streaming' | 'backup' | 'stopping';
  readonly sentLsn: Lsn | null;
  readonly flushLsn: Lsn | null;
  readonly replayLsn: Lsn | null;
  /** Set by this walsender itself: 1 once it has taken over a list that names it, 0 once it has taken over one that does not (protocol S2). */
  readonly syncPriority: number;
  /** Milliseconds since the standby's last reply, by this node's clock. */
  readonly replyAgeMs: number | null;
}

export interface SlotRow {
  readonly name: string;
  readonly kind: 'physical' | 'logical';
  readonly activePid: number | null;
  readonly temporary: boolean;
  readonly restartLsn: Lsn | null;
  /** `lost`: WAL that its owner needs is gone. */
  readonly walStatus: 'reserved' | 'extended' | 'unreserved' | 'lost' | null;
  /** Logical: kept in step on the standbys. */
  readonly failover: boolean;
  /** Logical: this node's copy of the primary's. */
  readonly synced: boolean;
}

export interface ShownRole {
  readonly primaryConninfo: string;
  readonly primarySlotName: string;
  readonly synchronousStandbyNames: string;
}
