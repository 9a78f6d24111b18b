import type { FindingCode } from '../core/finding';

/**
 * What each finding means for the cluster, and what would help: the line of `status`, and the table in
 * docs/operations.md. Where Holdfast helps itself, that is said too, so that nobody does more than is needed.
 */
export interface Advice {
  /** Order in which findings are told: the lowest first. 1 nobody can write; 2 soon nobody could; 3 less than whole; 4 to know. */
  readonly urgency: 1 | 2 | 3 | 4;
  readonly helps: string;
}

export const ADVICE: Readonly<Record<FindingCode, Advice>> = {
  'history-without-record': {
    urgency: 1,
    helps:
      'The register was emptied or replaced, and nobody starts a second history over the first: restore the table to a point in time before that.',
  },
  'register-empty': {
    urgency: 1,
    helps: 'A new cluster gets its record when every agent was heard; on an old one, restore the table.',
  },
  'election-not-completable': {
    urgency: 1,
    helps:
      'Bring one of the nodes back that the guarantee names (status says which): the election then goes on by itself. The way out without them: holdfast failover --accept-data-loss.',
  },
  'primary-host-silent': { urgency: 1, helps: 'Nothing to do: a standby takes over within seconds.' },
  'primary-postgres-down': { urgency: 1, helps: 'Nothing to do: a standby takes over within seconds.' },
  'primary-frozen': { urgency: 1, helps: 'Nothing to do: a standby takes over within seconds.' },
  'primary-writes-hang': { urgency: 1, helps: 'Nothing to do: a standby takes over within seconds.' },
  'primary-disk-fails': {
    urgency: 1,
    helps:
      'A standby takes over within seconds. Look at the health of the volume in EC2: the old primary needs it to come back.',
  },
  'primary-accepts-nobody': { urgency: 1, helps: 'Nothing to do: a standby takes over within seconds.' },
  'primary-recovering': { urgency: 1, helps: 'Nothing to do: a standby takes over within seconds.' },
  'failover-too-soon': {
    urgency: 1,
    helps:
      'It is waited a minute after a failover before a primary that lives is given up. If this one is worse than the last: holdfast switchover.',
  },
  'primary-disk-nearly-full': {
    urgency: 1,
    helps:
      'Raise storageSize and deploy: applications write again by themselves. Or remove something, in a session that says: set default_transaction_read_only = off.',
  },
  'standby-disk-nearly-full': { urgency: 2, helps: 'Raise storageSize and deploy.' },
  'disk-space-short': { urgency: 3, helps: 'Raise storageSize and deploy, before applications can only read.' },
  'primary-leaving': { urgency: 2, helps: 'Nothing to do: a standby takes over before the instance goes.' },
  'switchover-requested': { urgency: 4, helps: 'Nothing to do: the primary hands over within seconds, or goes on.' },
  'loss-accepted': { urgency: 4, helps: 'Nothing to do: the best of those who answer becomes primary.' },
  'promotion-stuck': { urgency: 1, helps: 'Nothing to do: another election begins by itself.' },
  'commits-blocked': {
    urgency: 1,
    helps:
      'Commits wait for standbys. Look at the standbys below: one that is gone for good leaves the guarantee by itself within seconds, a slow one needs its disk or network seen to.',
  },
  'primary-unseen': {
    urgency: 2,
    helps:
      'Look at the way from the health checker to the primary: security groups, network ACLs, its subnets. Clients are served meanwhile.',
  },
  'primary-unknown': { urgency: 4, helps: 'Nothing to do: it is known after some seconds of watching.' },
  blind: {
    urgency: 2,
    helps: 'Nothing to do when it passes. When it stays, the health checker lacks processor time or its network.',
  },
  'standby-silent': {
    urgency: 3,
    helps:
      'A lost instance is replaced by its group within minutes and comes back by itself. If it stays: holdfast logs SLOT, and its group in EC2 Auto Scaling.',
  },
  'standby-not-streaming': {
    urgency: 3,
    helps:
      'It catches up, rewinds or is cloned by itself; what it does stands in its row. If it stays: holdfast logs SLOT.',
  },
  paused: { urgency: 4, helps: 'When the work is done: holdfast resume.' },
};

/** What the command line itself finds, by looking at the register alone. */
export const OWN_ADVICE = {
  'nobody-coordinates': {
    urgency: 2,
    helps:
      'The primary serves on, but nothing would fail over: look at the Lambda function (holdfast logs) and its schedule in EventBridge.',
  },
  'stand-in': {
    urgency: 3,
    helps: 'Failover works. Look at the Lambda function (holdfast logs) and its schedule in EventBridge.',
  },
  'endpoint-behind': {
    urgency: 3,
    helps:
      'It is tried until it works. Clients of the multi-host DSN are served meanwhile; those of the writer name may go to the old address.',
  },
  'register-unreadable-item': {
    urgency: 2,
    helps: 'Use the command line of the version that the cluster runs; nobody acts on such an item meanwhile.',
  },
  bootstrapping: { urgency: 1, helps: 'A new cluster is being made: this takes some minutes.' },
  electing: { urgency: 1, helps: 'Nothing to do: this takes a second.' },
  promoting: { urgency: 1, helps: 'Nothing to do: this takes a second.' },
  'election-waits': {
    urgency: 1,
    helps:
      'The election goes on by itself when one of them is back. The way out without them: holdfast failover --accept-data-loss.',
  },
  'nobody-electable': {
    urgency: 1,
    helps:
      'Mend what stands against one of them, and the election goes on by itself. The way out: holdfast failover --accept-data-loss.',
  },
  'no-standby': {
    urgency: 2,
    helps:
      'Commits are on one volume only until a standby has caught up, which joins by itself; if none does: holdfast logs SLOT.',
  },
  'slot-not-healthy': {
    urgency: 3,
    helps: 'It comes back by itself when it can. If it stays: holdfast logs SLOT.',
  },
  'slot-not-covered': {
    urgency: 3,
    helps: 'Nothing to do: a standby joins the guarantee when it has caught up.',
  },
  'guarantee-changing': { urgency: 4, helps: 'Nothing to do: this takes a moment.' },
} as const satisfies Readonly<Record<string, Advice>>;

export type OwnCode = keyof typeof OWN_ADVICE;

const UNKNOWN: Advice = {
  urgency: 3,
  helps: 'This command line does not know this finding: use the version that the cluster runs.',
};

export function adviceOn(code: string): Advice {
  const all: Readonly<Record<string, Advice>> = { ...ADVICE, ...OWN_ADVICE };
  return all[code] ?? UNKNOWN;
}
