import type { Guarantee } from './guarantee';
import type { Lineage } from './lineage';
import type { Member, Slot } from './member';

/** What every record has, whatever its phase. */
interface RecordBase {
  /** Random, made with the record: a table that was restored or replaced has another one, or an older version. */
  readonly epoch: string;
  /** One more with every write; the condition of every write. */
  readonly version: number;
  /** One more with every election. */
  readonly term: number;
  /** No automatic failover while set. */
  readonly paused: boolean;
}

/** Nothing was ever acknowledged. `bootstrapSlot` alone may run initdb. */
export interface BootstrappingRecord extends RecordBase {
  readonly phase: 'bootstrapping';
  readonly bootstrapSlot: Slot;
}

interface InitializedRecord extends RecordBase {
  /** PostgreSQL's system identifier, decimal. */
  readonly systemId: string;
  readonly guarantees: readonly Guarantee[];
  readonly lineage: Lineage;
  /**
   * The version at which the writer's address last changed. The endpoint's guard holds it, so a change of a guarantee
   * moves no endpoint and an address that changes within a term does.
   */
  readonly endpointVersion: number;
}

export interface PrimaryPlace {
  readonly member: Member;
  /** IPv4 address inside the VPC. */
  readonly address: string;
}

export interface SteadyRecord extends InitializedRecord {
  readonly phase: 'steady';
  readonly primary: PrimaryPlace;
  /**
   * The election that led here; absent after the bootstrap. Tells what became of it to whoever saw less than all of it, and
   * damps the next one (core/judge-primary.ts).
   */
  readonly election?: PastElection;
  /** Absent but while one is wanted. It belongs to this term: an election, for whatever reason, begins without it. */
  readonly switchover?: Switchover;
}

/**
 * The wish that another member becomes primary. It stands in the record before the term rises, because standbys that see
 * an election end their streams at once: the primary has to stop, and they have to receive its last record, before that
 * (protocol L3). The primary's own agent carries it out, or takes it out when nobody could take over.
 */
export interface Switchover {
  /** Who is wanted; the best standby when absent. */
  readonly to?: Member;
  /** The primary's own agent asks when its instance is about to go (`leaving`), or its volume is nearly full (`full-disk`). */
  readonly by: 'operator' | 'leaving' | 'full-disk';
  /** Wall clock of whoever asked, milliseconds since 1970. Only told, never compared. */
  readonly requestedAtMs: number;
}

export interface ElectingRecord extends InitializedRecord {
  readonly phase: 'electing';
  readonly election: Election;
}

/** The last guarantee is the chosen one's own, beside the frozen ones. */
export interface PromotingRecord extends InitializedRecord {
  readonly phase: 'promoting';
  readonly primary: PrimaryPlace;
  readonly election: Election;
}

/** Why this term was begun, and what the event will tell. */
export interface Election {
  /** Code of the finding that convicted the primary (core/findings.ts). */
  readonly reason: string;
  /** Who was primary. Preferred last: it is sick, or asked to go. */
  readonly deposed: Member;
  /** Coordinator's wall clock, milliseconds since 1970. Only told, never compared. */
  readonly suspectedAtMs: number;
  readonly convictedAtMs: number;
  readonly chosenAtMs?: number;
  /** Of a switchover: who is chosen before all others, if that is as safe. */
  readonly favoured?: Member;
  /**
   * Since the last steady term somebody was chosen with accepted loss: the timeline that this term makes is marked so.
   * Stays when the chosen one fails, since whoever comes after it may stand on what was chosen then.
   */
  readonly lossy?: true;
  /**
   * An operator has said that what the missing members alone hold may be lost. The guarantees are then no condition of the
   * choice any more, and what is chosen begins a chain that may lack acknowledged commits.
   */
  readonly acceptsLoss?: true;
}

export interface PastElection extends Election {
  readonly chosenAtMs: number;
  /** Wall clock of the chosen one: its promotion was done. */
  readonly promotedAtMs: number;
}

/** The cluster's one item in the register: the only authority. */
export type ClusterRecord = BootstrappingRecord | SteadyRecord | ElectingRecord | PromotingRecord;

export type Initialized = SteadyRecord | ElectingRecord | PromotingRecord;

export function isInitialized(record: ClusterRecord): record is Initialized {
  return record.phase !== 'bootstrapping';
}
