/** Every threshold, with its unit and what it triggers or suppresses. The snapshot carries it. */
export interface Policy {
  /** Period of both shells' loops, and of the WAL beat that the primary sends. */
  readonly beatMs: number;
  /** A slot whose agent and PostgreSQL both gave no sign to the coordinator for this long is silent. Triggers `primary-host-silent`. */
  readonly hostSilentMs: number;
  /** A host that answers while its PostgreSQL does not gets longer: it may recover. Triggers `primary-frozen`. */
  readonly hostAliveMs: number;
  /**
   * A primary that answers, but whose writes are answered neither to its own agent nor to the coordinator for this long.
   * Longer again: a volume may stall for a moment. Triggers `primary-writes-hang`.
   */
  readonly writesHangMs: number;
  /** A standby that received no WAL for this long is not fed; the primary sends some every beat. */
  readonly notFedMs: number;
  /** A status older than this says nothing. */
  readonly statusFreshMs: number;
  /** A coordinator whose own loop was later than this is blind for that beat. Suppresses every conviction. */
  readonly blindMs: number;
  /** A promotion that is not steady after this long is begun anew. */
  readonly promotingMs: number;
  /** A bootstrap that did not become steady after this long may be given to another slot. */
  readonly bootstrapMs: number;
  /** The primary drops a standby whose agent is silent or that does not stream for this long (protocol L7). */
  readonly standbyLostMs: number;
  /** Longer for the last one: without it only the primary itself can be elected. */
  readonly lastStandbyLostMs: number;
  /** A standby joins the guarantee when it is no further behind than this. */
  readonly caughtUpBytes: number;
  /** A primary that could neither read the register nor flush on its quorum for this long stops serving. */
  readonly fenceMs: number;
  /** A crashed PostgreSQL waits this long for an election before it is restarted in place. */
  readonly restartInPlaceMs: number;
  /** A standby further behind than this leaves the reader endpoint. */
  readonly readerLagBytes: number;
}

export const DEFAULT_POLICY: Policy = {
  beatMs: 500,
  hostSilentMs: 1_800,
  hostAliveMs: 3_000,
  writesHangMs: 5_000,
  notFedMs: 1_300,
  statusFreshMs: 2_000,
  blindMs: 750,
  promotingMs: 10_000,
  bootstrapMs: 300_000,
  standbyLostMs: 3_000,
  lastStandbyLostMs: 10_000,
  caughtUpBytes: 1 << 20,
  fenceMs: 5_000,
  restartInPlaceMs: 5_000,
  readerLagBytes: 16 << 20,
};
