import type { HandOverView } from './hand-over';
import type { Ancestor } from './lineage';
import type { Lsn } from './lsn';
import type { Member, Slot } from './member';
import type { Policy } from './policy';
import type {
  BootstrappingRecord,
  ClusterRecord,
  ElectingRecord,
  PrimaryPlace,
  PromotingRecord,
  SteadyRecord,
  Switchover,
} from './record';

/** What an agent knows of its own node in one beat. */
export interface NodeView {
  readonly policy: Policy;
  readonly slot: Slot;
  readonly address: string;
  readonly register: RegisterView;
  /** What the volume holds; a directory that is being made can neither pledge nor serve. */
  readonly directory: 'absent' | 'initializing' | 'cloning' | 'rewinding' | 'ready';
  readonly member: Member | undefined;
  /** The highest term this node pledged for or followed, from its volume; 0 for none. */
  readonly pledgedTerm: number;
  /** The term for which this process has completed and reported its pledge; 0 for none. */
  readonly reportedTerm: number;
  /** standby.signal is there: whoever starts PostgreSQL starts a standby. */
  readonly markedStandby: boolean;
  readonly postgres: PostgresView;
  /** The address that PostgreSQL is configured to stream from, if any. */
  readonly upstream: string | undefined;
  /** The primary was asked, and no longer has the WAL that this standby needs next. */
  readonly starved: boolean;
  /** How long the instance has been about to go. */
  readonly leavingForMs: number | undefined;
  /** How long ago this process handed over to standbys that are enough without it; undefined when it has not. */
  readonly handedOverMs?: number | undefined;
  /** Of the recorded primary alone; of all others {@link NO_HAND_OVER}. */
  readonly handOver: HandOverView;
}

/** How far the register can be trusted in this beat. */
export type RegisterView =
  /** Just read, not older than anything seen before, of the epoch seen before. */
  | { readonly kind: 'read'; readonly record: ClusterRecord }
  /** Not readable now; the last record seen, which this volume keeps. */
  | { readonly kind: 'unreadable'; readonly last: ClusterRecord | undefined; readonly sinceMs: number }
  /** Answered, but there is no record, or an older or foreign one: nobody acts on it. */
  | { readonly kind: 'refused'; readonly reason: string; readonly last: ClusterRecord | undefined };

export interface PostgresView {
  readonly state: 'absent' | 'down' | 'starting' | 'frozen' | 'up';
  readonly inRecovery: boolean | undefined;
  /** How long it has been in this state. */
  readonly stateForMs: number;
  /** End of what a standby has replayed and the timelines it went through; undefined while unknown. */
  readonly end: { readonly lsn: Lsn; readonly ancestry: readonly Ancestor[] } | undefined;
  /** A standby whose replay waits until it is started with the settings that it has by now. */
  readonly replayHeld?: boolean;
  /** A standby that streams. */
  readonly streaming: boolean;
  /** Of its data directory; undefined while it cannot be asked. */
  readonly systemId: string | undefined;
  /** Major version of a data directory that this node's PostgreSQL cannot read; absent when it can. */
  readonly otherVersion?: string;
}

export type NodeAction =
  | { readonly kind: 'hold'; readonly reason: string }
  | { readonly kind: 'initialize' }
  | { readonly kind: 'declare'; readonly record: BootstrappingRecord }
  | {
      readonly kind: 'clone';
      readonly from: PrimaryPlace;
      readonly term: number;
      readonly why: string;
      /** The old directory may hold the only copy of commits that were given up: it is set aside and stays there. */
      readonly keeps?: true;
    }
  | { readonly kind: 'rewind'; readonly from: PrimaryPlace; readonly record: SteadyRecord }
  /** `unmark`: a directory that was marked as a standby, but has pledged nothing since, may be a primary again. */
  | { readonly kind: 'start'; readonly as: 'primary' | 'standby'; readonly unmark?: true }
  | { readonly kind: 'demote'; readonly why: string }
  | { readonly kind: 'pledge'; readonly record: ElectingRecord | PromotingRecord }
  | { readonly kind: 'promote'; readonly record: PromotingRecord }
  | { readonly kind: 'follow'; readonly primary: PrimaryPlace; readonly record: SteadyRecord }
  /** A standby that streams from somebody it should not: ends the stream, so that its own end can be read. */
  | { readonly kind: 'detach'; readonly why: string }
  /** Primary of a steady record: keep the guarantee, the door, the beat. */
  | { readonly kind: 'serve'; readonly record: SteadyRecord; readonly registerFresh: boolean }
  /** It asks for a switchover by itself, to whom and why. */
  | {
      readonly kind: 'ask';
      readonly record: SteadyRecord;
      readonly to: Member;
      readonly by: Exclude<Switchover['by'], 'operator'>;
    }
  /** The switchover that is in the record is given up: it leaves the record. */
  | { readonly kind: 'withdraw'; readonly record: SteadyRecord; readonly why: string }
  /** Clients out, the directory marked, PostgreSQL stopped cleanly, then {@link call}. */
  | { readonly kind: 'hand-over'; readonly record: SteadyRecord }
  /** It has stopped as a primary for good: begins the election. */
  | { readonly kind: 'call'; readonly record: SteadyRecord }
  /** Standby of a steady record that follows already. */
  | { readonly kind: 'attend'; readonly record: SteadyRecord }
  /** Stop, unmount, let the instance go. */
  | { readonly kind: 'leave'; readonly why: string };
