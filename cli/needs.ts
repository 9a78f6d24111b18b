import { choose } from '../core/election';
import type { Guarantee } from '../core/guarantee';
import { comparePositions, isIdentified, placeOnChain } from '../core/lineage';
import { bytesBetween, formatLsn, parseLsn } from '../core/lsn';
import { type Slot, slotOf } from '../core/member';
import type { Pledge } from '../core/pledge';
import type { ElectingRecord } from '../core/record';
import { any, bytes } from './format';
import type { Situation } from './situation';

/** Why an election is not over, or that it is about to be. */
export type Election =
  | { readonly kind: 'about-to-choose'; readonly slot: Slot }
  /** Everybody who is needed has pledged, but nobody complete could serve. */
  | { readonly kind: 'nobody-electable'; readonly reasons: readonly string[] }
  | { readonly kind: 'waiting'; readonly needs: readonly Need[] };

/** What one guarantee still waits for: its primary, or so many more of these standbys. */
export interface Need {
  readonly primary: Slot;
  readonly standbys: readonly Slot[];
  readonly more: number;
}

export function electionOf(record: ElectingRecord, pledges: readonly Pledge[]): Election {
  const choice = choose(record, pledges);
  if (choice.kind === 'chosen') return { kind: 'about-to-choose', slot: slotOf(choice.pledge.member) };
  if (choice.unmet.length === 0) {
    const reasons = ofThisTerm(record, pledges).flatMap(({ member, electable, reason }) =>
      electable ? [] : [`${slotOf(member)}: ${reason ?? 'it says that it cannot serve'}`],
    );
    return { kind: 'nobody-electable', reasons };
  }
  const pledged = new Set(ofThisTerm(record, pledges).map(({ member }) => member));
  const needs = choice.unmet.map((each) => needOf(each, pledged));
  return { kind: 'waiting', needs: needs.filter((need, at) => at === needs.findIndex((other) => isSame(need, other))) };
}

function needOf({ primary, standbys, acks }: Guarantee, pledged: ReadonlySet<string>): Need {
  const missing = standbys.filter((each) => !pledged.has(each));
  const more = standbys.length - acks + 1 - (standbys.length - missing.length);
  return { primary: slotOf(primary), standbys: missing.map(slotOf), more: acks === 0 ? 0 : more };
}

function isSame(left: Need, right: Need): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** `a, or 1 more of b, c`. */
export function needText({ primary, standbys, more }: Need): string {
  if (more === 0 || standbys.length === 0) return primary;
  return more === standbys.length
    ? `${primary}, or ${standbys.join(' and ')}`
    : `${primary}, or ${more} more of ${standbys.join(', ')}`;
}

/** What accepting the loss of data would mean now, as far as anybody knows. */
export interface Loss {
  /** Who would become primary; absent while nobody who could has pledged. */
  readonly successor?: Slot;
  readonly endLsn?: string;
  /** How far it is behind the last known position of the primary that was lost; absent when nobody knows that. */
  readonly behindBytes?: number;
  /** Slots that may hold acknowledged commits which would be given up. */
  readonly missing: readonly Slot[];
}

export function lossOf(situation: Situation, record: ElectingRecord): Loss {
  const pledges = ofThisTerm(record, [...situation.pledges.values()]);
  const [best] = pledges
    .flatMap((pledge) => {
      const position = placeOnChain(record.lineage, pledge.ancestry, pledge.endLsn);
      return pledge.electable && isIdentified(pledge.ancestry) && position !== undefined ? [{ pledge, position }] : [];
    })
    .sort((left, right) => comparePositions(right.position, left.position));
  const pledged = new Set(pledges.map(({ member }) => slotOf(member)));
  const named = record.guarantees.flatMap(({ primary, standbys }) => [primary, ...standbys].map(slotOf));
  const missing = [...new Set(named)].filter((slot) => !pledged.has(slot)).sort();
  if (best === undefined) return { missing };
  const { member, endLsn } = best.pledge;
  const last = situation.view?.slots.find(({ slot }) => slot === slotOf(record.election.deposed))?.lsn;
  return {
    successor: slotOf(member),
    endLsn: formatLsn(endLsn),
    ...(last === undefined ? {} : { behindBytes: bytesBetween(endLsn, parseLsn(last)) }),
    missing,
  };
}

export function lossText({ successor, endLsn, behindBytes, missing }: Loss): string {
  if (successor === undefined) return 'nobody who could become primary has pledged yet';
  const kept = `${successor} would become primary with what it has (up to ${endLsn ?? '?'})`;
  const known =
    behindBytes === undefined
      ? 'how much was acknowledged beyond that is not known'
      : `the last known position of the lost primary lies ${bytes(behindBytes)} further`;
  return missing.length === 0 ? kept : `${kept}; what only ${any(missing)} holds would be lost for good: ${known}`;
}

function ofThisTerm(record: ElectingRecord, pledges: readonly Pledge[]): readonly Pledge[] {
  return pledges.filter(({ term }) => term === record.term);
}
