/**
 * What a coordinator concludes from one snapshot. The code goes on every log line, event and metric.
 * `convicts` says that the finding, by itself, is reason for an election.
 */
export interface Finding {
  readonly code: FindingCode;
  readonly slot: string | undefined;
  /** One sentence for people, with the figures that led to it. */
  readonly detail: string;
}

export const FINDINGS = {
  blind: 'The coordinator itself was late: nothing it measured in this beat counts.',
  paused: 'An operator has paused automatic failover.',
  'register-empty': 'The register holds no record.',
  'history-without-record': 'A node holds data or has seen a record, but the register holds none: nobody bootstraps.',
  'primary-host-silent': 'Neither the agent nor PostgreSQL of the primary answers, and standbys are no longer fed.',
  'primary-postgres-down': "The primary's own agent says that PostgreSQL does not run.",
  'primary-frozen': "The primary's own agent gets no answer from PostgreSQL, and standbys are no longer fed.",
  'primary-writes-hang':
    'The primary answers, but neither its agent nor this coordinator gets a local write done, and standbys are no longer fed.',
  'primary-leaving': "The primary's instance is about to be terminated, and it has not handed over by itself.",
  'switchover-requested': 'A switchover was asked for: the primary hands over as soon as a standby can take over.',
  'loss-accepted': 'An operator has accepted that what the missing members alone hold is lost.',
  'primary-unseen': 'This coordinator does not see the primary, but standbys are fed by it: no reason to fail over.',
  'primary-unknown': 'This coordinator has not watched the primary long enough to say anything.',
  'promotion-stuck': 'The chosen member did not finish its promotion in time.',
  'election-not-completable':
    'The primary has failed, but those who could be reached do not meet every guarantee: waiting.',
  'commits-blocked': 'The primary writes locally, but its quorum does not confirm: standbys are slow or gone.',
  'standby-silent': 'The agent of a standby does not answer.',
  'standby-not-streaming': 'A standby does not stream.',
} as const;

export type FindingCode = keyof typeof FINDINGS;

/** Those that begin an election, in order of preference as its stated reason. */
export const CONVICTING: readonly FindingCode[] = [
  'primary-leaving',
  'primary-postgres-down',
  'primary-frozen',
  'primary-host-silent',
  'primary-writes-hang',
  'promotion-stuck',
];
