import type { FindingCode } from './finding';
import type { Policy } from './policy';
import type { NodeStatus } from './status';

/** What a coordinator has heard of the primary, and what it has not. Times in milliseconds. */
export interface PrimaryCase {
  /** Its agent's own word; undefined when it is silent, or speaks for another member. */
  readonly own: NodeStatus | undefined;
  /** Since its PostgreSQL last answered this coordinator. */
  readonly postgresSilentMs: number;
  /** Since it last let this coordinator in anew. */
  readonly freshConnectionSilentMs: number;
  /** Since anything of it was heard. */
  readonly silentMs: number;
  /** Since a local write of this coordinator's was last answered; 0 without one. */
  readonly localWriteAgeMs: number;
}

/** One way in which a primary fails. */
export interface PrimaryFailure {
  readonly code: FindingCode;
  /**
   * Who has to be able to pledge. `unfed`: those alone who say that no WAL comes, so that this coordinator and the
   * standbys, or the primary's agent and the standbys, say it from two places. `alive`: all who can; its own agent has
   * said enough, or both it and this coordinator.
   */
  readonly testify: 'alive' | 'unfed';
  /** Nothing of it serves: then no time since the last failover is too short. */
  readonly isGone: boolean;
  /** With its figures, if it has failed in this way. */
  readonly shows: (heard: PrimaryCase, policy: Policy) => string | undefined;
}

const ms = (duration: number): string => `${Math.round(duration)} ms`;

/** In the order in which they are asked. */
export const PRIMARY_FAILURES: readonly PrimaryFailure[] = [
  {
    // It hands over by itself (core/hand-over.ts); this is for one that cannot.
    code: 'primary-leaving',
    testify: 'alive',
    isGone: true,
    shows: ({ own }, { leavingMs }) =>
      own?.leaving === true && own.role === 'primary' && (own.leavingForMs ?? Infinity) > leavingMs
        ? 'its instance is about to be terminated'
        : undefined,
  },
  {
    code: 'primary-postgres-down',
    testify: 'alive',
    isGone: true,
    shows: ({ own }) => (own?.postgres.state === 'down' ? 'its agent says that PostgreSQL does not run' : undefined),
  },
  {
    code: 'primary-disk-fails',
    testify: 'unfed',
    isGone: false,
    shows: ({ own }, { diskFailsMs }) => diskSilent(own, diskFailsMs),
  },
  {
    // Standbys are fed while WAL that is in memory goes out, and everything that has to read waits.
    code: 'primary-disk-fails',
    testify: 'alive',
    isGone: false,
    shows: ({ own }, { diskGivenUpMs }) => diskSilent(own, diskGivenUpMs),
  },
  {
    code: 'primary-frozen',
    testify: 'unfed',
    isGone: false,
    shows: ({ own, postgresSilentMs }, { hostAliveMs }) =>
      own?.postgres.state === 'frozen' && postgresSilentMs > hostAliveMs
        ? `no answer from PostgreSQL for ${ms(postgresSilentMs)}`
        : undefined,
  },
  {
    // Those who are in go on, and standbys are fed. An error is an answer, so a crowd of clients is none of this.
    code: 'primary-accepts-nobody',
    testify: 'alive',
    isGone: false,
    shows: ({ own, freshConnectionSilentMs }, { acceptsNobodyMs }) => {
      if (own?.postgres.state !== 'frozen') return undefined;
      const silentMs = Math.min(own.postgres.stateForMs, freshConnectionSilentMs);
      return silentMs > acceptsNobodyMs ? `no fresh connection was answered for ${ms(silentMs)}` : undefined;
    },
  },
  {
    code: 'primary-recovering',
    testify: 'alive',
    isGone: true,
    shows: ({ own }, { recoveringMs }) =>
      own?.postgres.state === 'starting' && own.postgres.stateForMs > recoveringMs
        ? `PostgreSQL has been starting for ${ms(own.postgres.stateForMs)}`
        : undefined,
  },
  {
    code: 'primary-host-silent',
    testify: 'unfed',
    isGone: true,
    shows: ({ silentMs }, { hostSilentMs }) => (silentMs > hostSilentMs ? `silent for ${ms(silentMs)}` : undefined),
  },
  {
    code: 'primary-writes-hang',
    testify: 'unfed',
    isGone: false,
    shows: ({ own, localWriteAgeMs }, { writesHangMs }) => {
      const hangMs = Math.min(own?.postgres.localWriteAgeMs ?? 0, localWriteAgeMs);
      return hangMs > writesHangMs ? `no local write was answered for ${ms(hangMs)}` : undefined;
    },
  },
];

function diskSilent(own: NodeStatus | undefined, afterMs: number): string | undefined {
  const ageMs = own?.disk?.answerAgeMs ?? 0;
  return ageMs > afterMs ? `its agent says that the volume has not answered for ${ms(ageMs)}` : undefined;
}
