import { isPastLossyFork, placeOnChain, wayOntoChain, type Way } from './lineage';
import { hold, isForeign, isResting, type NodeTable } from './node-rule';
import type { NodeAction, NodeView } from './node-view';
import type { SteadyRecord } from './record';

const wayOf = ({ postgres: { end } }: NodeView, { lineage }: SteadyRecord): Way | undefined =>
  end === undefined ? undefined : wayOntoChain(lineage, placeOnChain(lineage, end.ancestry, end.lsn));

const isGivenUp = ({ postgres: { end } }: NodeView, { lineage }: SteadyRecord): boolean =>
  end !== undefined && isPastLossyFork(lineage, placeOnChain(lineage, end.ancestry, end.lsn));

function cloneOf({ primary, term }: SteadyRecord, why: string): Extract<NodeAction, { readonly kind: 'clone' }> {
  return { kind: 'clone', from: primary, term, why };
}

/** The record is steady and names another member. */
export const STANDBY: NodeTable<SteadyRecord> = {
  title: 'Phase `steady`, another member is the primary',
  rules: [
    {
      id: 'N60-empty',
      when: 'the volume is empty',
      holds: ({ directory }) => directory === 'absent',
      action: 'clone',
      then: (_, record) => cloneOf(record, 'the volume is empty'),
      why: 'there is nothing to lose',
    },
    {
      id: 'N61-half-made',
      when: 'its directory is not whole',
      holds: ({ directory }) => directory !== 'ready',
      action: 'clone',
      then: ({ directory }, record) => cloneOf(record, `the directory was left half-made (${directory})`),
      why: 'it has a name of its own, in which it never acknowledged anything',
    },
    {
      id: 'N62-gone',
      when: 'its data directory is gone',
      holds: ({ postgres }) => postgres.state === 'absent',
      action: 'clone',
      discards: true,
      then: (_, record) => cloneOf(record, 'its data directory is gone'),
      why: 'a clone that was interrupted before it began has set it aside',
    },
    {
      id: 'N78-other-version',
      when: 'its data directory is of another major version of PostgreSQL',
      holds: ({ postgres }) => postgres.otherVersion !== undefined,
      action: 'clone',
      discards: true,
      then: ({ postgres }, record) => cloneOf(record, `its data is of PostgreSQL ${postgres.otherVersion ?? '?'}`),
      why: 'PostgreSQL does not read it, so it could never be started; the old one is set aside',
    },
    {
      id: 'N63-step-down',
      when: 'its directory is not marked as a standby, or PostgreSQL writes',
      holds: ({ markedStandby, postgres }) => !markedStandby || postgres.inRecovery === false,
      action: 'demote',
      then: (_, { primary, term }) => ({ kind: 'demote', why: `${primary.member} is primary of term ${term}` }),
      why: 'whoever starts it later must start a standby',
    },
    {
      id: 'N94-rest',
      when: 'PostgreSQL is down, and it has handed over less than `handedOverMs` ago to standbys that are enough without it',
      holds: isResting,
      action: 'hold',
      then: () => hold('handed over; it starts as a standby in a moment'),
      why: 'as during the election (N22)',
    },
    {
      id: 'N64-start',
      when: 'PostgreSQL is down',
      holds: ({ postgres }) => postgres.state === 'down',
      action: 'start',
      does: 'start as a standby',
      then: () => ({ kind: 'start', as: 'standby' }),
      why: 'it follows nobody until its end is known',
    },
    {
      id: 'N91-hung',
      when: 'PostgreSQL has not answered for `frozenStandbyMs`',
      holds: ({ postgres, policy }) => postgres.state === 'frozen' && postgres.stateForMs >= policy.frozenStandbyMs,
      action: 'start',
      does: 'end every process, start as a standby',
      then: () => ({ kind: 'start', as: 'standby' }),
      why: 'what it has flushed is on its volume; as long as it hangs nobody counts on it',
    },
    {
      id: 'N65-frozen',
      when: 'PostgreSQL does not answer',
      holds: ({ postgres }) => postgres.state === 'frozen',
      action: 'hold',
      then: () => hold('PostgreSQL does not answer'),
      why: 'the primary drops it from the guarantee by itself',
    },
    {
      id: 'N66-recovering',
      when: 'PostgreSQL is not up',
      holds: ({ postgres }) => postgres.state !== 'up',
      action: 'hold',
      then: () => hold('recovering'),
      why: 'replay takes what it takes',
    },
    {
      id: 'N92-replay-held',
      when: 'replay waits for a restart: the primary allows more connections, or the like, than PostgreSQL was started with',
      holds: ({ postgres }) => postgres.replayHeld === true,
      action: 'start',
      does: 'end every process, start as a standby',
      then: () => ({ kind: 'start', as: 'standby' }),
      why: 'it receives and acknowledges, but would have to replay all of it before it could be promoted',
    },
    {
      id: 'N67-foreign',
      when: 'its data is of another database system',
      holds: isForeign,
      action: 'clone',
      discards: true,
      then: (_, record) => cloneOf(record, 'its data is of another database system'),
      why: 'positions of another system mean nothing here, and PostgreSQL would refuse to stream for ever',
    },
    {
      id: 'N76-given-up',
      when: 'it is past a fork for which loss was accepted (W5)',
      holds: (view, record) => isGivenUp(view, record),
      action: 'clone',
      discards: true,
      then: (_, record) => ({
        ...cloneOf(record, 'it may hold commits that an operator has given up; its directory is kept'),
        keeps: true,
      }),
      why: 'its directory may be the only copy of what was acknowledged: set aside whole, and only a person removes it',
    },
    {
      id: 'N68-starved',
      when: 'the primary no longer has the WAL that it needs',
      holds: ({ starved }) => starved,
      action: 'clone',
      discards: true,
      then: (_, record) => cloneOf(record, 'the primary no longer has the write-ahead log that it needs'),
      why: 'it would wait for ever',
    },
    {
      id: 'N69-wrong-upstream',
      when: 'it streams from somebody else',
      holds: ({ upstream }, { primary }) => upstream !== undefined && upstream !== primary.address,
      action: 'detach',
      then: ({ upstream }, { primary }) => ({
        kind: 'detach',
        why: `it streams from ${upstream}, not from ${primary.member}`,
      }),
      why: 'it follows the recorded primary only',
    },
    {
      id: 'N70-read-end',
      when: 'it streams from nobody, and its end is not known',
      holds: ({ postgres, upstream }) => postgres.end === undefined && upstream === undefined,
      action: 'hold',
      then: () => hold('reading the end of the write-ahead log'),
      why: 'how it gets onto the chain depends on it',
    },
    {
      id: 'N71-attend',
      when: 'it streams from the primary, and is on the chain or cannot tell yet',
      holds: (view, record) =>
        view.upstream !== undefined && (view.postgres.end === undefined || wayOf(view, record) === 'stream'),
      action: 'attend',
      then: (_, record) => ({ kind: 'attend', record }),
      why: 'it may be named by a guarantee when it has proved its timeline',
    },
    {
      id: 'N72-off-chain',
      when: 'it streams from the primary, though its data is not on the chain',
      holds: ({ upstream }) => upstream !== undefined,
      action: 'detach',
      then: () => ({ kind: 'detach', why: 'its data is not on the recorded timeline' }),
      why: 'equal timeline numbers prove nothing, and PostgreSQL would go on streaming',
    },
    {
      id: 'N73-follow',
      when: 'its end is on the chain, not past the fork (W4)',
      holds: (view, record) => wayOf(view, record) === 'stream',
      action: 'follow',
      then: (_, record) => ({ kind: 'follow', primary: record.primary, record }),
      why: 'all that it holds is what the primary holds',
    },
    {
      id: 'N74-unprovable',
      when: 'it shares nothing provable with the chain (W1)',
      holds: (view, record) => wayOf(view, record) === 'clone',
      action: 'clone',
      discards: true,
      then: (_, record) => cloneOf(record, 'its data shares nothing provable with the recorded timelines'),
      why: 'in doubt the whole directory is made anew; the old one is set aside',
    },
    {
      id: 'N75-rewind',
      when: 'otherwise: it is off the chain or past the fork (W2, W3)',
      action: 'rewind',
      discards: true,
      then: (_, record) => ({ kind: 'rewind', from: record.primary, record }),
      why: 'what is rewound was never acknowledged, or is on those that the guarantees name',
    },
  ],
};
