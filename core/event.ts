/** One failover, told once: when each step happened. Wall clocks of the coordinator, milliseconds since 1970, for people. */
export interface FailoverEvent {
  readonly term: number;
  /** Code of the finding that convicted. */
  readonly reason: string;
  readonly from: string;
  readonly to: string;
  /** The last good probe before the conviction. */
  readonly suspectedAtMs: number;
  readonly convictedAtMs: number;
  /** Enough pledges were there and one was chosen. */
  readonly chosenAtMs: number;
  /** The chosen one's promotion was done. */
  readonly promotedAtMs: number;
  /** An operator accepted loss, and the guarantees could not be met: acknowledged commits may be missing. */
  readonly acceptedLoss?: true;
  /** The writer record was flipped; absent while Route 53 does not answer. */
  readonly flippedAtMs?: number;
}
