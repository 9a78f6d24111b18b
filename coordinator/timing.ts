/** Times of the shell itself, milliseconds. What they are judged by stands in core/policy.ts. */
export const TIMING = {
  /** Period of beats and probes while nothing is suspicious. */
  calmMs: 500,
  /** The same while a node that matters is not heard: conviction is not late by half a beat on top. */
  suspiciousMs: 150,
  /** A node that matters and was not heard for this long is suspicious: one answer is overdue. */
  overdueMs: 700,
  /** Period of beats while an election is under way. Whoever pledges last chooses, so this is for elections that have to wait. */
  electionMs: 100,
  /** Meanwhile the record, which only another coordinator could have changed. */
  electionRecordMs: 200,
  /** An election that takes longer waits for something that takes its time: back to the pace of all else. */
  electionPatienceMs: 15_000,

  /** An agent's whole answer. */
  statusTimeoutMs: 700,
  /** A connection to PostgreSQL: TCP, TLS, log-in. */
  connectTimeoutMs: 700,
  /** The question on a kept connection; a fresh one is tried after it. */
  questionTimeoutMs: 500,
  /** A hint: whoever does not take it in this time looks by itself soon enough. */
  hintTimeoutMs: 500,
  /** A write that waits for its quorum is left waiting, since each one given up leaves a waiting process on the server. */
  writeGiveUpMs: 30_000,
  /** Period of write probes and of fresh connections: each costs the server something. */
  writeMs: 1_000,
  freshConnectionMs: 2_000,

  /** Where the nodes are, and the CA. */
  reportsMs: 3_000,
  reportsSuspiciousMs: 500,
  caMs: 60_000,

  /** The sign of life in the register, by which invocations take over from each other. */
  signOfLifeMs: 1_000,
  /** An invocation takes over when it has watched everybody for this long, or at the latest after the second. */
  takeOverAfterMs: 3_000,
  takeOverLatestMs: 10_000,
  /** No invocation lasts longer: Lambda ends it at 180 s. */
  invocationMs: 170_000,
  /** Left for closing what is open. */
  lastMomentsMs: 8_000,

  /** Calls of the register: a beat that waits longer had better look again. */
  register: { connectMs: 700, attemptMs: 700, callMs: 1_500 },
} as const;
