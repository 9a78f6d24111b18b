/** Every threshold: its value unless told otherwise, its unit in its name, and what it triggers or suppresses. */
export const THRESHOLDS = {
  beatMs: {
    value: 500,
    meaning: "Period of both shells' loops, and of the WAL beat that the primary sends.",
  },
  hostSilentMs: {
    value: 1_800,
    meaning:
      'A slot whose agent and PostgreSQL both gave no sign to the coordinator for this long is silent. Triggers `primary-host-silent`.',
  },
  hostAliveMs: {
    value: 3_000,
    meaning:
      'A host that answers while its PostgreSQL does not gets longer: it may recover. Triggers `primary-frozen`.',
  },
  writesHangMs: {
    value: 5_000,
    meaning:
      'A primary that answers, but whose writes are answered neither to its own agent nor to the coordinator for this long. Longer again: a volume may stall for a moment. Triggers `primary-writes-hang`.',
  },
  diskFailsMs: {
    value: 3_000,
    meaning:
      'A primary whose volume has answered neither a read past the cache nor a flush for this long, by its own agent. Triggers `primary-disk-fails` when the standbys are not fed.',
  },
  diskGivenUpMs: {
    value: 10_000,
    meaning: 'The same, whatever the standbys say: WAL that is in memory may still reach them.',
  },
  acceptsNobodyMs: {
    value: 5_000,
    meaning:
      'A primary that has answered no fresh connection, neither of its agent nor of the coordinator, for this long. Triggers `primary-accepts-nobody`, whether standbys are fed or not.',
  },
  recoveringMs: {
    value: 5_000,
    meaning:
      'A primary whose PostgreSQL has been starting for this long. Triggers `primary-recovering` when a standby can take over: crash recovery may take minutes.',
  },
  betweenFailoversMs: {
    value: 60_000,
    meaning:
      'A primary that is sick but lives is not convicted sooner than this after the last election. One that is gone always is. Suppresses `primary-disk-fails`, `primary-frozen`, `primary-accepts-nobody`, `primary-writes-hang`.',
  },
  notFedMs: {
    value: 1_300,
    meaning: 'A standby that received no WAL for this long is not fed; the primary sends some every beat.',
  },
  statusFreshMs: {
    value: 2_000,
    meaning: 'A status older than this says nothing.',
  },
  blindMs: {
    value: 750,
    meaning: 'A coordinator whose own loop was later than this is blind for that beat. Suppresses every conviction.',
  },
  followersMs: {
    value: 1_500,
    meaning:
      'An election waits this long for somebody who answers and has not pledged yet, when the chosen one would have fewer followers than commits have had to wait for. Suppresses a choice.',
  },
  promotingMs: {
    value: 10_000,
    meaning: 'A promotion that is not steady after this long is begun anew.',
  },
  bootstrapMs: {
    value: 300_000,
    meaning: 'A bootstrap that did not become steady after this long may be given to another slot.',
  },
  standbyLostMs: {
    value: 3_000,
    meaning: 'The primary drops a standby whose agent is silent or that does not stream for this long (protocol L7).',
  },
  lastStandbyLostMs: {
    value: 10_000,
    meaning: 'Longer for the last one: without it only the primary itself can be elected.',
  },
  caughtUpBytes: {
    value: 1 << 20,
    meaning: 'A standby joins the guarantee when it is no further behind than this.',
  },
  fenceMs: {
    value: 5_000,
    meaning: 'A primary that could neither read the register nor flush on its quorum for this long stops serving.',
  },
  restartInPlaceMs: {
    value: 5_000,
    meaning: 'A crashed PostgreSQL waits this long for an election before it is restarted in place.',
  },
  letGoMs: {
    value: 5_000,
    meaning:
      'An instance that Auto Scaling holds at its termination hook, that was silent for this long and that no guarantee counts on any more: the coordinator completes the hook, so that volume and replacement come.',
  },
  supersededMs: {
    value: 10_000,
    meaning: 'The same for one whose successor has reported for its slot for this long.',
  },
  coordinatorSilentMs: {
    value: 5_000,
    meaning:
      "An agent that has seen the health checker's beat stand still for this long takes the coordinator's role. Also: one that could not read the register for this long leaves it.",
  },
  standInStepMs: {
    value: 1_500,
    meaning: 'So much later for each agent whose turn to coordinate comes before.',
  },
  unseenMs: {
    value: 3_500,
    meaning:
      "A standby that nobody feeds, with a primary whose agent is silent, for this long: its agent coordinates, though the health checker's beat moves. Longer than the health checker needs.",
  },
  electionStuckMs: {
    value: 8_000,
    meaning:
      "An election or a promotion that takes this long: all agents coordinate, though the health checker's beat moves.",
  },
  switchoverPatienceMs: {
    value: 5_000,
    meaning: 'A switchover for which no standby is ready after this long is given up; the primary serves on.',
  },
  handedOverMs: {
    value: 1_000,
    meaning:
      'A primary that has handed over, and whose standbys are enough without it, starts as a standby only after this long: clients wait for the others meanwhile.',
  },
  leavingMs: {
    value: 15_000,
    meaning:
      'A primary whose instance is about to go hands over by itself; one that has not after this long is voted out. Triggers `primary-leaving`.',
  },
  acceptedLossMs: {
    value: 5_000,
    meaning:
      'An election in which loss is accepted waits this long for anybody who may still answer, before it chooses with fewer pledges than the guarantees ask for.',
  },
  lossLatePledgeMs: {
    value: 30_000,
    meaning: 'The same for those whose agent answers, but whose PostgreSQL neither starts nor pledges.',
  },
  frozenStandbyMs: {
    value: 10_000,
    meaning: 'A standby whose PostgreSQL has answered nothing for this long is ended and started again by its agent.',
  },
  frozenPrimaryMs: {
    value: 30_000,
    meaning: 'The same for a primary, when no election came.',
  },
  readerLagBytes: {
    value: 16 << 20,
    meaning: 'A standby further behind than this leaves the reader endpoint.',
  },
} as const;

/** The snapshot carries it. */
export type Policy = { readonly [Name in keyof typeof THRESHOLDS]: number };

export const DEFAULT_POLICY = Object.fromEntries(
  Object.entries(THRESHOLDS).map(([name, { value }]) => [name, value]),
) as Policy;
