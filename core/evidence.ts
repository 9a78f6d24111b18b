import type { ClusterRecord } from './record';
import type { Pledge } from './pledge';
import type { Policy } from './policy';
import type { NodeReport, NodeStatus } from './status';

/**
 * What one coordinator knows of one slot. Ages are by a monotonic clock, milliseconds; `null` means never, which
 * is no evidence of anything: a coordinator that has just started has seen nobody fail.
 */
export interface SlotEvidence {
  readonly slot: string;
  readonly report: NodeReport | undefined;
  /** The last status received. */
  readonly status: NodeStatus | undefined;
  readonly statusAgeMs: number | null;
  /** Last fresh connection, or answer on a kept one, of PostgreSQL on the peer port. */
  readonly postgresAgeMs: number | null;
  /** Last fresh connection that PostgreSQL answered, be it with an error: backends that are there go on when the postmaster hangs. */
  readonly freshConnectionAgeMs: number | null;
  /** Last local write that went through (primary only). */
  readonly localWriteAgeMs: number | null;
  /** Last synchronous write that went through (primary only). */
  readonly syncWriteAgeMs: number | null;
  /** How long this coordinator has been probing this address, so that "no answer" is measured and not assumed. */
  readonly watchedMs: number;
}

/** The one snapshot that a coordinator's beat is judged and decided on. */
export interface CoordinatorSnapshot {
  readonly policy: Policy;
  /** Wall clock, milliseconds since 1970; copied into events and into the record, and damps (`failover-too-soon`). */
  readonly wallClockMs: number;
  /** By how much this beat came later than planned. */
  readonly loopLateMs: number;
  /** The record as just read; undefined when the register answered that there is none. */
  readonly record: ClusterRecord | undefined;
  /** How long this coordinator has seen the record in this term and phase, monotonic. */
  readonly phaseAgeMs: number;
  readonly slots: readonly SlotEvidence[];
  /** Read while electing; may be empty otherwise. */
  readonly pledges: readonly Pledge[];
  /** Random, for the epoch of a record that has to be created. */
  readonly freshEpoch: string;
}
