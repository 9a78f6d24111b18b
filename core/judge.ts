import type { CoordinatorSnapshot } from './evidence';
import { finding, type Finding } from './finding';
import { allMetBy } from './guarantee';
import { judgePrimary } from './judge-primary';
import { slotOf } from './member';
import { isInitialized, type PromotingRecord, type SteadyRecord } from './record';
import { aliveStandbys, freshStatus, membersOf } from './witnesses';

/**
 * What one snapshot says. Positive evidence only: a conviction of the primary needs the word of its own agent, or this
 * coordinator's silence *and* standbys that say they are no longer fed, enough of them to finish the election by
 * themselves (protocol L8). SQL errors and missing evidence never convict.
 */
export function judge(snapshot: CoordinatorSnapshot): readonly Finding[] {
  const { record, policy } = snapshot;
  if (record === undefined) return judgeEmptyRegister(snapshot);
  const findings: Finding[] = [];
  if (snapshot.loopLateMs > policy.blindMs) {
    findings.push(finding('blind', undefined, `this beat came ${Math.round(snapshot.loopLateMs)} ms late`));
  }
  if (!isInitialized(record)) return findings;
  if (record.paused) findings.push(finding('paused', undefined, 'automatic failover is paused'));
  if (record.phase === 'steady' && record.switchover !== undefined) {
    const { to, by } = record.switchover;
    findings.push(finding('switchover-requested', to === undefined ? undefined : slotOf(to), `asked for by ${by}`));
  }
  if (record.phase === 'electing' && record.election.acceptsLoss === true) {
    findings.push(finding('loss-accepted', undefined, `term ${record.term} chooses among those who answer`));
  }
  if (record.phase === 'steady') {
    findings.push(...judgePrimary(snapshot, record), ...judgeStandbys(snapshot, record));
    findings.push(...judgeSpace(snapshot, record));
  }
  if (record.phase === 'promoting') findings.push(...judgePromotion(snapshot, record));
  return findings;
}

function judgeEmptyRegister(snapshot: CoordinatorSnapshot): readonly Finding[] {
  const old = snapshot.slots.find((slot) => slot.report?.hasHistory === true);
  if (old !== undefined) {
    return [finding('history-without-record', old.slot, `slot ${old.slot} holds data, yet the register is empty`)];
  }
  return [finding('register-empty', undefined, 'no record yet')];
}

function judgeStandbys(snapshot: CoordinatorSnapshot, record: SteadyRecord): readonly Finding[] {
  return snapshot.slots
    .filter((each) => each.slot !== slotOf(record.primary.member))
    .flatMap((each) => {
      const status = freshStatus(each, snapshot.policy.statusFreshMs);
      if (status === undefined) return [finding('standby-silent', each.slot, `its agent does not answer`)];
      if (!status.postgres.streaming) return [finding('standby-not-streaming', each.slot, status.activity)];
      return [];
    });
}

function judgeSpace(snapshot: CoordinatorSnapshot, record: SteadyRecord): readonly Finding[] {
  return snapshot.slots.flatMap((each) => {
    const status = freshStatus(each, snapshot.policy.statusFreshMs);
    const volume = status?.disk?.volume ?? null;
    if (volume === null || volume.space === 'ample') return [];
    const role = status?.member === record.primary.member ? 'primary' : 'standby';
    const code = volume.space === 'full' ? (`${role}-disk-nearly-full` as const) : 'disk-space-short';
    const [free, total] = [volume.freeBytes, volume.totalBytes].map((bytes) => (bytes / 2 ** 30).toFixed(1));
    return [finding(code, each.slot, `${free} GiB of ${total} GiB are free`)];
  });
}

/** A chosen member that died on the way leaves the phase `promoting`; the next election satisfies its guarantee too. */
function judgePromotion(snapshot: CoordinatorSnapshot, record: PromotingRecord): readonly Finding[] {
  const { policy } = snapshot;
  const chosen = snapshot.slots.find((each) => each.slot === slotOf(record.primary.member));
  const silent =
    chosen !== undefined &&
    chosen.watchedMs > policy.hostSilentMs &&
    Math.min(chosen.statusAgeMs ?? Infinity, chosen.watchedMs) > policy.hostSilentMs;
  if (!silent && snapshot.phaseAgeMs < policy.promotingMs) return [];
  const others = aliveStandbys(snapshot, record.primary.member);
  const willing = membersOf(others);
  if (!silent) willing.add(record.primary.member);
  const detail = `${record.primary.member} has been promoting for ${Math.round(snapshot.phaseAgeMs)} ms`;
  const code = allMetBy(record.guarantees, willing) ? 'promotion-stuck' : 'election-not-completable';
  return [finding(code, slotOf(record.primary.member), detail)];
}
