import type { CoordinatorSnapshot, SlotEvidence } from './evidence';
import type { Finding, FindingCode } from './finding';
import { allMetBy } from './guarantee';
import { slotOf, type Member } from './member';
import { isInitialized, type PromotingRecord, type SteadyRecord } from './record';

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
  if (record.phase === 'steady') findings.push(...judgePrimary(snapshot, record), ...judgeStandbys(snapshot, record));
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

function judgePrimary(snapshot: CoordinatorSnapshot, record: SteadyRecord): readonly Finding[] {
  const { policy } = snapshot;
  const slot = slotOf(record.primary.member);
  const seen = snapshot.slots.find((each) => each.slot === slot);
  if (seen === undefined || seen.watchedMs < policy.hostSilentMs) {
    return [finding('primary-unknown', slot, `watched for ${Math.round(seen?.watchedMs ?? 0)} ms only`)];
  }
  const alive = aliveStandbys(snapshot, record.primary.member);
  const unfed = alive.filter((each) => isUnfed(each, policy.notFedMs));
  const completable = (members: readonly SlotEvidence[]): boolean =>
    allMetBy(record.guarantees, new Set(members.map(memberOf).filter((member) => member !== undefined)));

  const own = freshStatus(seen, policy.statusFreshMs);
  const ownMember = own?.member === record.primary.member ? own : undefined;
  const convict = (code: FindingCode, witnesses: readonly SlotEvidence[], detail: string): readonly Finding[] =>
    completable(witnesses)
      ? [finding(code, slot, detail)]
      : [finding('election-not-completable', slot, `${detail}; ${witnesses.length} standbys could pledge, not enough`)];

  // It hands over by itself (core/hand-over.ts); this is for one that cannot.
  if (ownMember?.leaving === true && ownMember.role === 'primary') {
    const forMs = ownMember.leavingForMs ?? Infinity;
    if (forMs > policy.leavingMs) return convict('primary-leaving', alive, 'its instance is about to be terminated');
  }
  if (ownMember?.postgres.state === 'down') {
    return convict('primary-postgres-down', alive, 'its agent says that PostgreSQL does not run');
  }
  const postgresSilentMs = Math.min(seen.postgresAgeMs ?? Infinity, seen.watchedMs);
  if (ownMember?.postgres.state === 'frozen' && postgresSilentMs > policy.hostAliveMs) {
    return convict('primary-frozen', unfed, `no answer from PostgreSQL for ${Math.round(postgresSilentMs)} ms`);
  }
  // A slot that answers as somebody else, its disk replaced perhaps, gives no sign of life of the primary: its agent does
  // not, and its PostgreSQL is that somebody's. An agent that has just started does not know yet who it is.
  const isSomebodyElse = own !== undefined && own.member !== null && own.member !== record.primary.member;
  const agentSilentMs = own !== undefined && ownMember === undefined ? Infinity : (seen.statusAgeMs ?? Infinity);
  const heardMs = Math.min(agentSilentMs, isSomebodyElse ? Infinity : postgresSilentMs);
  const silentMs = Math.min(heardMs, seen.watchedMs);
  if (silentMs > policy.hostSilentMs) {
    const detail = `silent for ${Math.round(silentMs)} ms`;
    if (alive.some((each) => isFed(each, policy.notFedMs)) && !completable(unfed)) {
      return [finding('primary-unseen', slot, `${detail} from here, but standbys are fed`)];
    }
    return convict('primary-host-silent', unfed, detail);
  }
  const hangMs = Math.min(ownMember?.postgres.localWriteAgeMs ?? 0, seen.localWriteAgeMs ?? 0);
  if (hangMs > policy.writesHangMs) {
    return convict('primary-writes-hang', unfed, `no local write was answered for ${Math.round(hangMs)} ms`);
  }
  if ((seen.localWriteAgeMs ?? Infinity) < policy.hostAliveMs && (seen.syncWriteAgeMs ?? 0) > policy.hostAliveMs) {
    return [finding('commits-blocked', slot, `no confirmed write for ${Math.round(seen.syncWriteAgeMs ?? 0)} ms`)];
  }
  return [];
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
  const willing = new Set(others.map(memberOf).filter((member) => member !== undefined));
  if (!silent) willing.add(record.primary.member);
  const detail = `${record.primary.member} has been promoting for ${Math.round(snapshot.phaseAgeMs)} ms`;
  const code = allMetBy(record.guarantees, willing) ? 'promotion-stuck' : 'election-not-completable';
  return [finding(code, slotOf(record.primary.member), detail)];
}

/** Members other than `primary` whose agent answers and whose PostgreSQL can pledge. */
function aliveStandbys(snapshot: CoordinatorSnapshot, primary: Member): readonly SlotEvidence[] {
  return snapshot.slots.filter((each) => {
    const status = freshStatus(each, snapshot.policy.statusFreshMs);
    return (
      status !== undefined &&
      status.member !== null &&
      status.member !== primary &&
      !status.leaving &&
      status.postgres.state === 'up' &&
      status.postgres.inRecovery === true
    );
  });
}

/** Whether WAL still reaches this standby, by its own word. Without one it is neither fed nor unfed. */
function isFed(evidence: SlotEvidence, notFedMs: number): boolean {
  const fedAgeMs = evidence.status?.postgres.fedAgeMs ?? null;
  return fedAgeMs !== null && fedAgeMs < notFedMs;
}

function isUnfed(evidence: SlotEvidence, notFedMs: number): boolean {
  const fedAgeMs = evidence.status?.postgres.fedAgeMs ?? null;
  return fedAgeMs !== null && fedAgeMs >= notFedMs;
}

function freshStatus(evidence: SlotEvidence, freshMs: number): SlotEvidence['status'] {
  return evidence.statusAgeMs !== null && evidence.statusAgeMs <= freshMs ? evidence.status : undefined;
}

function memberOf(evidence: SlotEvidence): Member | undefined {
  return (evidence.status?.member ?? undefined) as Member | undefined;
}

function finding(code: FindingCode, slot: string | undefined, detail: string): Finding {
  return { code, slot, detail };
}
