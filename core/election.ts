import { allMetBy, type Guarantee } from './guarantee';
import { ELECTION_PREFERENCES, LOSS_PREFERENCES, type Candidate, type ElectionPreference } from './election-rules';
import { comparePositions, isIdentified, placeOnChain } from './lineage';
import type { Member } from './member';
import type { Pledge } from './pledge';
import type { ElectingRecord } from './record';

export type Choice =
  /** `isLossy`: by E10. Acknowledged commits that the missing members alone hold are given up. */
  | { readonly kind: 'chosen'; readonly pledge: Pledge; readonly isLossy: boolean }
  /** Not enough pledges, or nobody electable among those that are provably complete. `unmet` tells which guarantees wait. */
  | { readonly kind: 'waiting'; readonly unmet: readonly Guarantee[] };

/**
 * Chooses the next primary from the pledges of the record's term.
 *
 * Safe is whoever is at least as far along the chain as some set of pledged members that by itself meets every
 * guarantee (E4): that set holds every acknowledged commit, acknowledged commits form one chain, so its most advanced
 * member has all of them, and nobody of the set can acknowledge for an older term any more. The largest such set for a
 * candidate is everyone at or behind it, so that one is tested.
 *
 * With accepted loss (E10) somebody is chosen though that cannot be had. Only then does it matter who answers now, and
 * `answering` says so: who pledged and answers, once nobody who answers has yet to pledge; undefined before that, and then
 * nothing is given up.
 */
export function choose(record: ElectingRecord, pledges: readonly Pledge[], answering?: ReadonlySet<Member>): Choice {
  const candidates = placed(record, pledges);
  const safe = candidates.filter((each) => each.pledge.electable && isSafe(record.guarantees, each, candidates));
  const best = first(record, safe, ELECTION_PREFERENCES);
  if (best !== undefined) return { kind: 'chosen', pledge: best.pledge, isLossy: false };

  if (record.election.acceptsLoss === true && answering !== undefined) {
    const there = candidates.filter(({ pledge }) => pledge.electable && answering.has(pledge.member));
    const left = first(
      record,
      there,
      ELECTION_PREFERENCES.filter(({ id }) => LOSS_PREFERENCES.includes(id)),
    );
    if (left !== undefined) return { kind: 'chosen', pledge: left.pledge, isLossy: true };
  }

  const present = new Set(candidates.map((each) => each.pledge.member));
  return { kind: 'waiting', unmet: record.guarantees.filter((guarantee) => !allMetBy([guarantee], present)) };
}

/** The pledges that count: {@link ELECTION_CONDITIONS} E1 and E2. */
function placed(record: ElectingRecord, pledges: readonly Pledge[]): readonly Candidate[] {
  return pledges.flatMap((pledge) => {
    if (pledge.term !== record.term || !isIdentified(pledge.ancestry)) return [];
    const position = placeOnChain(record.lineage, pledge.ancestry, pledge.endLsn);
    return position === undefined ? [] : [{ pledge, position }];
  });
}

function isSafe(guarantees: readonly Guarantee[], candidate: Candidate, all: readonly Candidate[]): boolean {
  const atOrBehind = new Set<Member>(
    all
      .filter((other) => comparePositions(other.position, candidate.position) <= 0)
      .map((other) => other.pledge.member),
  );
  return allMetBy(guarantees, atOrBehind);
}

function first(
  record: ElectingRecord,
  candidates: readonly Candidate[],
  preferences: readonly ElectionPreference[],
): Candidate | undefined {
  const [best] = [...candidates].sort((left, right) => prefer(record, left, right, preferences));
  return best;
}

function prefer(
  record: ElectingRecord,
  left: Candidate,
  right: Candidate,
  preferences: readonly ElectionPreference[],
): number {
  const deciding = preferences.map(({ rank }) => rank(record, left, right)).find((order) => order !== 0);
  return deciding ?? 0;
}

/**
 * The members that a promotion's guarantee may name (protocol L6): pledged in this term, and able to follow `chosen` by
 * streaming alone, so that none of them has to be rewound while a guarantee names it.
 */
export function followersOf(
  record: { readonly lineage: ElectingRecord['lineage']; readonly term: number },
  chosen: Pledge,
  pledges: readonly Pledge[],
): readonly Member[] {
  const top = placeOnChain(record.lineage, chosen.ancestry, chosen.endLsn);
  if (top === undefined) return [];
  return pledges
    .filter((pledge) => pledge.term === record.term && pledge.member !== chosen.member)
    .filter((pledge) => isPrefix(pledge, chosen))
    .map((pledge) => pledge.member)
    .sort();
}

/** Every timeline of `pledge` is one of `chosen`'s, and it ends no later than `chosen` leaves that timeline. */
function isPrefix(pledge: Pledge, chosen: Pledge): boolean {
  const last = pledge.ancestry.length - 1;
  const shared = pledge.ancestry.every((ancestor, at) => {
    const other = chosen.ancestry[at];
    return (
      other !== undefined &&
      other.timeline === ancestor.timeline &&
      other.forkLsn === ancestor.forkLsn &&
      other.firstRecord === ancestor.firstRecord
    );
  });
  if (!shared || last < 0) return false;
  const leaves = chosen.ancestry[last + 1]?.forkLsn ?? chosen.endLsn;
  return pledge.endLsn <= leaves;
}
