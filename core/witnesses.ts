import type { CoordinatorSnapshot, SlotEvidence } from './evidence';
import { slotOf, type Member } from './member';

/** Members other than `primary` whose agent answers and whose PostgreSQL can pledge. */
export function aliveStandbys(snapshot: CoordinatorSnapshot, primary: Member): readonly SlotEvidence[] {
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
export function isFed(evidence: SlotEvidence, notFedMs: number): boolean {
  const fedAgeMs = evidence.status?.postgres.fedAgeMs ?? null;
  return fedAgeMs !== null && fedAgeMs < notFedMs;
}

export function isUnfed(evidence: SlotEvidence, notFedMs: number): boolean {
  const fedAgeMs = evidence.status?.postgres.fedAgeMs ?? null;
  return fedAgeMs !== null && fedAgeMs >= notFedMs;
}

/** What a slot says of itself, unless that was too long ago to say anything. */
export function freshStatus(evidence: SlotEvidence, freshMs: number): SlotEvidence['status'] {
  return evidence.statusAgeMs !== null && evidence.statusAgeMs <= freshMs ? evidence.status : undefined;
}

export function membersOf(witnesses: readonly SlotEvidence[]): Set<Member> {
  const members = witnesses.map(({ status }) => (status?.member ?? undefined) as Member | undefined);
  return new Set(members.filter((member) => member !== undefined));
}

export function evidenceOf(snapshot: CoordinatorSnapshot, member: Member): SlotEvidence | undefined {
  return snapshot.slots.find((each) => each.slot === slotOf(member));
}
