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
  'primary-disk-fails':
    "The primary's own agent says that its volume answers neither reads nor flushes, and standbys are no longer fed, or it has been so for long.",
  'primary-frozen': "The primary's own agent gets no answer from PostgreSQL, and standbys are no longer fed.",
  'primary-accepts-nobody':
    'Neither its own agent nor this coordinator gets a fresh connection to the primary answered, be it with an error, though those who are in may go on.',
  'primary-recovering': "The primary's PostgreSQL has been starting for long, and a standby can take over.",
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
  'failover-too-soon':
    'The primary is sick but lives, and the last election was less than `betweenFailoversMs` ago: waiting.',
  'commits-blocked': 'The primary writes locally, but its quorum does not confirm: standbys are slow or gone.',
  'primary-disk-nearly-full':
    "The primary's volume is nearly full: applications may only read, until there is space again. Raise the size of the storage, or remove something.",
  'standby-disk-nearly-full': "A standby's volume is nearly full. Promoted, it would let applications only read.",
  'disk-space-short':
    'Free space on a volume is short: WAL for those who are away is given up, so that a standby or a consumer that comes back may have to be made anew.',
  'standby-silent': 'The agent of a standby does not answer.',
  'standby-not-streaming': 'A standby does not stream.',
} as const;

export type FindingCode = keyof typeof FINDINGS;

/** Those that begin an election, in order of preference as its stated reason. */
export const CONVICTING: readonly FindingCode[] = [
  'primary-leaving',
  'primary-postgres-down',
  'primary-disk-fails',
  'primary-frozen',
  'primary-accepts-nobody',
  'primary-recovering',
  'primary-host-silent',
  'primary-writes-hang',
  'promotion-stuck',
];

export function finding(code: FindingCode, slot: string | undefined, detail: string): Finding {
  return { code, slot, detail };
}

/** Whether an election with this reason was begun because something broke, and not because somebody wanted it. */
export function isFailover(reason: string): boolean {
  return reason !== 'primary-leaving' && CONVICTING.some((code) => code === reason);
}
