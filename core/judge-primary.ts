import type { CoordinatorSnapshot, SlotEvidence } from './evidence';
import { finding, isFailover, type Finding } from './finding';
import { allMetBy } from './guarantee';
import { slotOf } from './member';
import type { Policy } from './policy';
import { PRIMARY_FAILURES, type PrimaryCase } from './primary-failures';
import type { SteadyRecord } from './record';
import { aliveStandbys, evidenceOf, freshStatus, isFed, isUnfed, membersOf } from './witnesses';

/**
 * What one snapshot says of the primary: the first of its failures ({@link PRIMARY_FAILURES}) that those who testify to it
 * could finish an election after. A failure that no election could follow is told, and waited with.
 */
export function judgePrimary(snapshot: CoordinatorSnapshot, record: SteadyRecord): readonly Finding[] {
  const { policy } = snapshot;
  const slot = slotOf(record.primary.member);
  const seen = evidenceOf(snapshot, record.primary.member);
  if (seen === undefined || seen.watchedMs < policy.hostSilentMs) {
    return [finding('primary-unknown', slot, `watched for ${Math.round(seen?.watchedMs ?? 0)} ms only`)];
  }
  const alive = aliveStandbys(snapshot, record.primary.member);
  const unfed = alive.filter((each) => isUnfed(each, policy.notFedMs));
  const isCompletable = (members: readonly SlotEvidence[]): boolean => allMetBy(record.guarantees, membersOf(members));

  let waitsFor: Finding | undefined;
  const heard = hearing(seen, record, policy);
  for (const { code, testify, isGone, shows } of PRIMARY_FAILURES) {
    const detail = shows(heard, policy);
    if (detail === undefined) continue;
    const witnesses = testify === 'alive' ? alive : unfed;
    if (isCompletable(witnesses)) {
      const soon = isGone ? undefined : tooSoon(snapshot, record);
      return soon === undefined
        ? [finding(code, slot, detail)]
        : [finding('failover-too-soon', slot, `${code}: ${detail}; ${soon}`)];
    }
    // One side of a partition: this coordinator sees nothing of it, but not enough others say the same.
    waitsFor ??=
      code === 'primary-host-silent' && alive.some((each) => isFed(each, policy.notFedMs))
        ? finding('primary-unseen', slot, `${detail} from here, but standbys are fed`)
        : finding('election-not-completable', slot, `${detail}; ${witnesses.length} standbys could pledge, not enough`);
  }
  if (waitsFor !== undefined) return [waitsFor];
  if ((seen.localWriteAgeMs ?? Infinity) < policy.hostAliveMs && (seen.syncWriteAgeMs ?? 0) > policy.hostAliveMs) {
    return [finding('commits-blocked', slot, `no confirmed write for ${Math.round(seen.syncWriteAgeMs ?? 0)} ms`)];
  }
  return [];
}

function hearing(seen: SlotEvidence, record: SteadyRecord, policy: Policy): PrimaryCase {
  const answer = freshStatus(seen, policy.statusFreshMs);
  const own = answer?.member === record.primary.member ? answer : undefined;
  const postgresSilentMs = Math.min(seen.postgresAgeMs ?? Infinity, seen.watchedMs);
  // A slot that answers as somebody else, its disk replaced perhaps, gives no sign of life of the primary: its agent does
  // not, and its PostgreSQL is that somebody's. An agent that has just started does not know yet who it is.
  const isSomebodyElse = answer !== undefined && answer.member !== null && own === undefined;
  const agentSilentMs = answer !== undefined && own === undefined ? Infinity : (seen.statusAgeMs ?? Infinity);
  const heardMs = Math.min(agentSilentMs, isSomebodyElse ? Infinity : postgresSilentMs);
  return {
    own,
    postgresSilentMs,
    freshConnectionSilentMs: Math.min(seen.freshConnectionAgeMs ?? Infinity, seen.watchedMs),
    silentMs: Math.min(heardMs, seen.watchedMs),
    localWriteAgeMs: seen.localWriteAgeMs ?? 0,
  };
}

/**
 * Between two failovers away from primaries that live lies a while, so that a fault which both have, or none, does not
 * make the cluster swing. The time of the last election is by another machine's clock: this only damps, and a clock that
 * is wrong damps for no longer than it should, or not at all.
 */
function tooSoon({ wallClockMs, policy }: CoordinatorSnapshot, { election }: SteadyRecord): string | undefined {
  if (election === undefined || !isFailover(election.reason)) return undefined;
  const sinceMs = wallClockMs - election.convictedAtMs;
  if (sinceMs < 0 || sinceMs >= policy.betweenFailoversMs) return undefined;
  return `the last election was ${Math.round(sinceMs / 1000)} s ago`;
}
