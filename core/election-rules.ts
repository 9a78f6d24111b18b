import { comparePositions, type ChainPosition } from './lineage';
import type { Pledge } from './pledge';
import type { ElectingRecord } from './record';

/** A pledge that counts, and how far its member is along the chain. */
export interface Candidate {
  readonly pledge: Pledge;
  readonly position: ChainPosition;
}

/** What must hold of a pledge. {@link ./election} is the code of it. */
export const ELECTION_CONDITIONS = {
  'E1-of-this-term': {
    must: 'a pledge counts when it was given for the term of the record',
    why: 'one for an older term leaves its member free to acknowledge for a term in between',
  },
  'E2-placed': {
    must: 'it counts up to where its data leaves the recorded chain; not at all when it shares nothing with it, or when the first record of one of its timelines is unknown',
    why: 'nothing acknowledged is on a timeline that the chain lacks; a timeline that cannot be identified would place it too low',
  },
  'E3-electable': {
    must: 'the chosen one says that it can serve',
    why: 'one that cannot still counts as present for E4',
  },
  'E4-holds-everything': {
    must: 'those who pledged and are no further than the chosen one meet every guarantee of the record by themselves',
    why: 'every acknowledged commit is on one of them, so it is on the chosen one; and none of them acknowledges for an older term again',
  },
  'E10-loss-accepted': {
    must: 'instead of E4, when an operator has accepted loss and E4 cannot be met: whoever answers has pledged, and the chosen one is the furthest of those whose agents answer now',
    why: 'what the missing members alone hold is given up by an explicit command, and no more than that; one that pledged and is gone would be waited for again',
  },
} as const satisfies Readonly<Record<`E${number}-${string}`, { readonly must: string; readonly why: string }>>;

/** Which of two that may both be chosen. */
export interface ElectionPreference {
  readonly id: `E${number}-${string}`;
  readonly prefers: string;
  /** Negative when `left` comes first. */
  readonly rank: (record: ElectingRecord, left: Candidate, right: Candidate) => number;
  readonly why: string;
}

/** With accepted loss only these count: as much as possible is kept, whoever has it. */
export const LOSS_PREFERENCES: readonly ElectionPreference['id'][] = ['E6-furthest', 'E7-on-chain', 'E8-by-name'];

/** The first that tells two apart decides. */
export const ELECTION_PREFERENCES: readonly ElectionPreference[] = [
  {
    id: 'E9-favoured',
    prefers: 'the one that a switchover asked for',
    rank: ({ election: { favoured } }, left, right) =>
      Number(right.pledge.member === favoured) - Number(left.pledge.member === favoured),
    why: 'an operator wants it, and it may be chosen as safely as any other',
  },
  {
    id: 'E5-not-the-deposed',
    prefers: 'somebody else than the deposed primary',
    rank: ({ election: { deposed } }, left, right) =>
      Number(left.pledge.member === deposed) - Number(right.pledge.member === deposed),
    why: 'it always has the longest tail, and would be elected for ever though it is sick',
  },
  {
    id: 'E6-furthest',
    prefers: 'the one that is furthest along the chain',
    rank: (_, left, right) => comparePositions(right.position, left.position),
    why: 'more of what was not acknowledged survives, and the others can follow by streaming',
  },
  {
    id: 'E7-on-chain',
    prefers: 'one whose data does not leave the chain',
    rank: (_, left, right) => Number(right.position.onChain) - Number(left.position.onChain),
    why: 'nobody has to be rewound to follow it',
  },
  {
    id: 'E8-by-name',
    prefers: 'the first by name',
    rank: (_, left, right) => (left.pledge.member < right.pledge.member ? -1 : 1),
    why: 'every coordinator chooses the same',
  },
];
