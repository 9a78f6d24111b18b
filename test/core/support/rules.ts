import { coordinate } from '../../../core/coordinate';
import { mayDiscard } from '../../../core/discard';
import { guarantee, type Guarantee } from '../../../core/guarantee';
import { comparePositions, placeOnChain, type ChainPosition, type Lineage } from '../../../core/lineage';
import type { Member } from '../../../core/member';
import type { Pledge } from '../../../core/pledge';
import { DEFAULT_POLICY } from '../../../core/policy';
import type { ClusterRecord, ElectingRecord, PromotingRecord } from '../../../core/record';

/** What the simulated cluster goes by. Each rule can be taken out, to see that the check then fails. */
export interface Rules {
  /** The record after a choice; undefined while nobody can be chosen. */
  choose(record: ElectingRecord, pledges: readonly Pledge[]): PromotingRecord | undefined;
  mayDiscard(record: ClusterRecord, member: Member): boolean;
  /** Older guarantees leave the record only when the new quorum has flushed what was written before. */
  readonly waitsForFlush: boolean;
  /** A new setting counts only when it is in force at every walsender. */
  readonly waitsForForce: boolean;
  /** Who pledges first ends every stream. */
  readonly detachesFirst: boolean;
  /** Nobody follows, and nothing is acknowledged, before the term is steady. */
  readonly followsSteadyOnly: boolean;
  /** Each term has a timeline of its own, the re-elected primary's too. */
  readonly newTimelineEachTerm: boolean;
  /** All timelines of the promoted one are recorded, not only its own. */
  readonly recordsAncestry: boolean;
  /** A directory that is rewound goes on under another name. */
  readonly renamesRewound: boolean;
  /** A directory that is being rewound says so, and pledges nothing. */
  readonly marksRewinding: boolean;
}

export const RULES: Rules = {
  choose: (record, pledges) => {
    const action = coordinate(
      {
        policy: DEFAULT_POLICY,
        wallClockMs: 0,
        loopLateMs: 0,
        record,
        phaseAgeMs: 0,
        slots: [],
        pledges,
        freshEpoch: 'unused',
      },
      [],
    );
    return action.kind === 'replace' && action.next.phase === 'promoting' ? action.next : undefined;
  },
  mayDiscard,
  waitsForFlush: true,
  waitsForForce: true,
  detachesFirst: true,
  followsSteadyOnly: true,
  newTimelineEachTerm: true,
  recordsAncestry: true,
  renamesRewound: true,
  marksRewinding: true,
};

/** The parts of an election, to be put together with one of them changed. */
export interface ElectionParts {
  counts(record: ElectingRecord, pledge: Pledge): boolean;
  place(lineage: Lineage, pledge: Pledge): ChainPosition | undefined;
  compare(left: ChainPosition, right: ChainPosition): number;
  /** How many of n standbys have to be there when `acks` of them confirmed each commit. */
  needed(standbys: number, acks: number): number;
  /** Whether the set that meets the guarantees must be at or behind the one that is chosen. */
  readonly insistsOnSet: boolean;
  /** Whether every guarantee of the list has to be met, or only the last one. */
  readonly meetsAll: boolean;
}

export const PARTS: ElectionParts = {
  counts: (record, pledge) => pledge.term === record.term,
  place: (lineage, pledge) => placeOnChain(lineage, pledge.ancestry, pledge.endLsn),
  compare: comparePositions,
  needed: (standbys, acks) => standbys - acks + 1,
  insistsOnSet: true,
  meetsAll: true,
};

/** An election told anew, without preferences: everybody it might elect, the most advanced first. */
export function electable(parts: ElectionParts, record: ElectingRecord, pledges: readonly Pledge[]): readonly Pledge[] {
  const candidates = pledges.flatMap((pledge) => {
    const position = parts.counts(record, pledge) ? parts.place(record.lineage, pledge) : undefined;
    return position === undefined ? [] : [{ pledge, position }];
  });
  const isMet = ({ primary, standbys, acks }: Guarantee, present: ReadonlySet<Member>): boolean =>
    present.has(primary) ||
    (acks > 0 && standbys.filter((member) => present.has(member)).length >= parts.needed(standbys.length, acks));
  const guarantees = parts.meetsAll ? record.guarantees : record.guarantees.slice(-1);
  return candidates
    .filter(({ pledge, position }) => {
      const set = candidates.filter((other) => !parts.insistsOnSet || parts.compare(other.position, position) <= 0);
      const present = new Set(set.map((other) => other.pledge.member));
      return pledge.electable && guarantees.every((each) => isMet(each, present));
    })
    .sort((left, right) => parts.compare(right.position, left.position))
    .map(({ pledge }) => pledge);
}

/** Elections by other parts; who follows is left to the others' pledges that are no further. */
export function choosingBy(changed: Partial<ElectionParts>): Rules['choose'] {
  const parts = { ...PARTS, ...changed };
  return (record, pledges) => {
    const chosen = electable(parts, record, pledges)[0];
    if (chosen === undefined) return undefined;
    const followers = pledges
      .filter((each) => each.term === record.term && each.member !== chosen.member && each.endLsn <= chosen.endLsn)
      .map((each) => each.member);
    const acks = Math.min(followers.length, Math.max(...record.guarantees.map((each) => each.acks)));
    return {
      ...record,
      version: record.version + 1,
      phase: 'promoting',
      guarantees: [...record.guarantees, guarantee(chosen.member, followers, acks)],
      primary: { member: chosen.member, address: chosen.address },
    };
  };
}
