import { beginElection } from './begin-election';
import type { RuleId } from './coordinator-rules';
import { choose, followersOf } from './election';
import type { CoordinatorSnapshot, SlotEvidence } from './evidence';
import { CONVICTING, type Finding } from './finding';
import { guarantee, sameGuarantee } from './guarantee';
import { parseMember, parseSlot, type Member } from './member';
import type {
  BootstrappingRecord,
  ClusterRecord,
  ElectingRecord,
  Election,
  PromotingRecord,
  SteadyRecord,
} from './record';
import type { NodeStatus } from './status';

export { RULES, type RuleId } from './coordinator-rules';

/**
 * What a coordinator does about its findings: at most one conditional write, which carries the version that was judged.
 * Any number of coordinators may decide at once; the register lets one through.
 */
export type CoordinatorAction =
  | { readonly kind: 'nothing'; readonly rule: RuleId; readonly reason: string }
  /** There is no record and nobody has a history. */
  | { readonly kind: 'create'; readonly rule: 'C0-create'; readonly record: BootstrappingRecord }
  | { readonly kind: 'replace'; readonly rule: RuleId; readonly judged: ClusterRecord; readonly next: ClusterRecord };

/** @returns one action. `replace.next` already carries the version that the write makes. */
export function coordinate(snapshot: CoordinatorSnapshot, findings: readonly Finding[]): CoordinatorAction {
  const { record } = snapshot;
  if (record === undefined) return createRecord(snapshot, findings);
  if (findings.some((each) => each.code === 'blind')) return nothing('C6-blind', 'blind in this beat');
  switch (record.phase) {
    case 'bootstrapping':
      return bootstrapElsewhere(snapshot, record);
    case 'electing':
      return chooseOne(snapshot, record);
    case 'steady':
    case 'promoting':
      return elect(snapshot, record, findings);
  }
}

function createRecord(snapshot: CoordinatorSnapshot, findings: readonly Finding[]): CoordinatorAction {
  if (findings.some((each) => each.code === 'history-without-record')) {
    return nothing('C4-history-without-record', 'a node has a history that the register lacks');
  }
  // Every agent must have been heard, since one that is silent may be the one with a history. After the first start
  // all slots come up within minutes; a lost slot before that is replaced by its group.
  const unheard = snapshot.slots.filter((each) => each.status === undefined || each.report === undefined);
  const first = snapshot.slots[0];
  if (first === undefined || unheard.length > 0) {
    return nothing('C5-agents-unheard', `waiting for the agents of ${unheard.map((each) => each.slot).join(', ')}`);
  }
  return {
    kind: 'create',
    rule: 'C0-create',
    record: {
      epoch: snapshot.freshEpoch,
      version: 1,
      term: 1,
      phase: 'bootstrapping',
      paused: false,
      bootstrapSlot: parseSlot(first.slot),
    },
  };
}

/** Before `steady` nothing was acknowledged, so another slot may be named; the half-made directory is set aside by its agent. */
function bootstrapElsewhere(snapshot: CoordinatorSnapshot, record: BootstrappingRecord): CoordinatorAction {
  if (snapshot.phaseAgeMs < snapshot.policy.bootstrapMs)
    return nothing('C11-bootstrap-under-way', `${record.bootstrapSlot} is bootstrapping`);
  const other = snapshot.slots.find(
    (each) =>
      each.slot !== record.bootstrapSlot &&
      each.statusAgeMs !== null &&
      each.statusAgeMs < snapshot.policy.statusFreshMs,
  );
  if (other === undefined) return nothing('C12-no-other-slot', 'no other slot answers');
  return replace('C3-bootstrap-elsewhere', record, { ...record, bootstrapSlot: parseSlot(other.slot) });
}

function elect(
  snapshot: CoordinatorSnapshot,
  record: SteadyRecord | PromotingRecord,
  findings: readonly Finding[],
): CoordinatorAction {
  if (record.paused) return nothing('C7-paused', 'automatic failover is paused');
  const reason = CONVICTING.find((code) => findings.some((each) => each.code === code));
  if (reason === undefined) return nothing('C8-not-convicted', 'no finding convicts the primary');
  const silentMs = suspectedForMs(snapshot, record);
  const next = beginElection(record, {
    reason,
    suspectedAtMs: snapshot.wallClockMs - silentMs,
    convictedAtMs: snapshot.wallClockMs,
  });
  return replace('C1-elect', record, next);
}

/** Time since the primary last gave a sign of life to this coordinator. */
function suspectedForMs(snapshot: CoordinatorSnapshot, record: SteadyRecord | PromotingRecord): number {
  const seen = snapshot.slots.find((each) => each.slot === record.primary.member.slice(0, 1));
  return Math.round(Math.min(seen?.postgresAgeMs ?? 0, seen?.watchedMs ?? 0));
}

function chooseOne(snapshot: CoordinatorSnapshot, record: ElectingRecord): CoordinatorAction {
  const favoured = favouredUnderWay(snapshot, record);
  if (favoured !== undefined) return nothing('C14-favoured-under-way', `waiting for ${favoured} to pledge`);
  const choice = choose(record, snapshot.pledges, answering(snapshot, record));
  if (choice.kind === 'waiting') {
    const unmet = choice.unmet.map((each) => [each.primary, ...each.standbys].join('/')).join('; ');
    return unmet === ''
      ? nothing('C10-nobody-electable', 'nobody complete is electable')
      : nothing('C9-pledges-missing', `waiting for pledges of ${unmet}`);
  }
  // The promotion's guarantee stands beside the old ones before PostgreSQL knows of it. No more acks than before: the
  // new primary raises them itself when it serves. With accepted loss the old ones are what is given up.
  const { member } = choice.pledge;
  const followers = followersOf(record, choice.pledge, snapshot.pledges);
  const asked = Math.max(...record.guarantees.map((each) => each.acks));
  const late = followers.length < asked ? latePledgers(snapshot, record) : [];
  if (late.length > 0) return nothing('C13-followers-under-way', `waiting for ${late.join(', ')} to follow ${member}`);
  const acks = Math.min(followers.length, asked);
  const own = guarantee(member, followers, acks);
  // With accepted loss the old ones go, since nobody can meet them. What was acknowledged under them and is left is on the
  // chosen one, and only there until its followers have flushed it: the guarantee of the chosen one alone says so.
  // Otherwise they stay, but for one that says the same, which is met whenever this is.
  const before = choice.isLossy ? [guarantee(member, [], 0)] : record.guarantees;
  return replace(choice.isLossy ? 'C15-choose-with-loss' : 'C2-choose', record, {
    ...record,
    phase: 'promoting',
    guarantees: [...before.filter((each) => !sameGuarantee(each, own)), own],
    primary: { member, address: choice.pledge.address },
    election: chosenNow(record.election, choice.isLossy, snapshot.wallClockMs),
  });
}

/** What was accepted holds for one choice; that something was given up stays. */
function chosenNow(election: Election, isLossy: boolean, wallClockMs: number): Election {
  const { acceptsLoss, ...rest } = election;
  const given = acceptsLoss === true && isLossy ? { lossy: true as const } : {};
  return { ...rest, ...given, chosenAtMs: wallClockMs };
}

/** The one that a switchover asked for, while it answers and has not pledged yet. */
function favouredUnderWay(snapshot: CoordinatorSnapshot, record: ElectingRecord): Member | undefined {
  const { favoured } = record.election;
  if (favoured === undefined || snapshot.phaseAgeMs >= snapshot.policy.followersMs) return undefined;
  const has = snapshot.pledges.some(({ member, term }) => member === favoured && term === record.term);
  const answers = snapshot.slots.some(
    (each) => freshStatus(snapshot, each)?.member === favoured && each.status?.postgres.inRecovery === true,
  );
  return !has && answers ? favoured : undefined;
}

/**
 * Who pledged and answers now, for a choice with accepted loss; undefined while somebody may still come. This
 * coordinator must have looked for a while: one that has just started has heard nobody, which says nothing.
 */
function answering(snapshot: CoordinatorSnapshot, record: ElectingRecord): ReadonlySet<Member> | undefined {
  const { policy, phaseAgeMs, pledges, slots } = snapshot;
  if (phaseAgeMs < policy.acceptedLossMs) return undefined;
  const there = new Set<Member>();
  for (const each of slots) {
    const status = freshStatus(snapshot, each);
    if (status === undefined || status.member === null) continue;
    const member = parseMember(status.member);
    const { state, inRecovery } = status.postgres;
    const pledged = pledges.some((pledge) => pledge.member === member && pledge.term === record.term);
    if (pledged && status.pledgedTerm === record.term && state === 'up' && inRecovery === true) there.add(member);
    // It may hold more than all who have pledged. Replay takes what it takes; what neither starts nor pledges is not
    // waited for without end.
    else if (state === 'starting' || (state !== 'absent' && phaseAgeMs < policy.lossLatePledgeMs)) return undefined;
  }
  return there;
}

function freshStatus({ policy }: CoordinatorSnapshot, { status, statusAgeMs }: SlotEvidence): NodeStatus | undefined {
  return statusAgeMs !== null && statusAgeMs <= policy.statusFreshMs ? status : undefined;
}

/** Those who answer, and are about to pledge. The deposed primary takes longer than all others. */
function latePledgers(snapshot: CoordinatorSnapshot, record: ElectingRecord): readonly string[] {
  const { policy, phaseAgeMs, pledges, slots } = snapshot;
  if (phaseAgeMs >= policy.followersMs) return [];
  const pledged = pledges.filter(({ term }) => term === record.term).map(({ member }): string => member);
  return slots.flatMap(({ status, statusAgeMs }) => {
    if (status === undefined || statusAgeMs === null || statusAgeMs > policy.statusFreshMs) return [];
    const { member, leaving, postgres } = status;
    if (member === null || member === record.election.deposed || pledged.includes(member)) return [];
    return leaving || postgres.inRecovery !== true ? [] : [member];
  });
}

function replace(rule: RuleId, judged: ClusterRecord, next: ClusterRecord): CoordinatorAction {
  return { kind: 'replace', rule, judged, next: { ...next, version: judged.version + 1 } };
}

function nothing(rule: RuleId, reason: string): CoordinatorAction {
  return { kind: 'nothing', rule, reason };
}
