/**
 * What an operator did, for the history: an item of its own in the register beside the failovers' events. The record
 * alone says what holds now.
 */
export interface Operation {
  readonly kind: OperationKind;
  /** The operator's wall clock, milliseconds since 1970. */
  readonly atMs: number;
  /** Who, as their own machine says: `user@host`. AWS's own account of it is CloudTrail's. */
  readonly by: string;
  /** Term of the record when it was done. */
  readonly term: number;
  /** In the operator's words. */
  readonly reason?: string;
  /** The slot that was asked for. */
  readonly slot?: string;
}

export const OPERATION_KINDS = ['pause', 'resume', 'switchover', 'accept-data-loss'] as const;

export type OperationKind = (typeof OPERATION_KINDS)[number];
