import { describe, expect, test } from '@jest/globals';
import type { SyncNames } from '../../../agent/postgres/context';
import { PostgresRefused } from '../../../agent/postgres/errors';
import { checkSyncChange } from '../../../agent/postgres/syncchange';
import { newMember, parseSlot, type Member } from '../../../core/member';

const MEMBERS = ['a', 'b', 'c', 'd'].map((slot) => newMember(parseSlot(slot), '00000000'));

type Quorum = Extract<SyncNames, { kind: 'quorum' }>;

function subsets(members: readonly Member[]): Member[][] {
  return members.reduce<Member[][]>((all, member) => [...all, ...all.map((each) => [...each, member])], [[]]);
}

const QUORUMS: readonly Quorum[] = subsets(MEMBERS).flatMap((members) =>
  members.map((_, index) => ({ kind: 'quorum', acks: index + 1, members })),
);

function satisfies(names: Quorum, flushed: readonly Member[]): boolean {
  return flushed.filter((member) => names.members.includes(member)).length >= names.acks;
}

/**
 * Each walsender goes by the old or by the new setting. It counts when its own setting names it, and it releases commits
 * by its own setting's number, from all that count. The commits that may be released, by who has flushed them, which
 * neither setting would have released.
 */
function released(before: Quorum, after: Quorum): Member[][] {
  const senders = [...new Set([...before.members, ...after.members])];
  return subsets(senders).flatMap((stale) => {
    const settingOf = (sender: Member): Quorum => (stale.includes(sender) ? before : after);
    const counting = senders.filter((sender) => settingOf(sender).members.includes(sender));
    return subsets(counting).filter(
      (flushed) =>
        counting.some((sender) => flushed.length >= settingOf(sender).acks) &&
        !satisfies(before, flushed) &&
        !satisfies(after, flushed),
    );
  });
}

function isAllowed(before: SyncNames, after: SyncNames): boolean {
  try {
    checkSyncChange(before, after);
    return true;
  } catch (error) {
    if (error instanceof PostgresRefused) return false;
    throw error;
  }
}

describe('changes of synchronous_standby_names', () => {
  test('that are allowed release nothing, in any order of takeovers, that neither setting would', () => {
    const allowed = QUORUMS.flatMap((before) =>
      QUORUMS.filter((after) => isAllowed(before, after)).map((after) => ({ before, after })),
    );
    expect(allowed.length).toBeGreaterThan(200);
    for (const { before, after } of allowed) expect(released(before, after)).toEqual([]);
  });

  test('that are refused would each release something in some order, but for two harmless kinds', () => {
    const refused = QUORUMS.flatMap((before) =>
      QUORUMS.filter((after) => !isAllowed(before, after)).map((after) => ({ before, after })),
    );
    const harmful = refused.filter(({ before, after }) => {
      const added = after.members.some((member) => !before.members.includes(member));
      const removed = before.members.some((member) => !after.members.includes(member));
      return !(added && !removed && after.acks < before.acks) && !(removed && !added && after.acks > before.acks);
    });
    expect(harmful.length).toBeGreaterThan(600);
    for (const { before, after } of harmful) expect(released(before, after)).not.toEqual([]);
  });

  test('to and from none and the sentinel are always allowed', () => {
    for (const quorum of QUORUMS) {
      for (const kind of ['none', 'sentinel'] as const) {
        expect(isAllowed({ kind }, quorum)).toBe(true);
        expect(checkSyncChange(quorum, { kind }).removed).toEqual(quorum.members);
      }
    }
  });

  test('tell who has to be asked', () => {
    const [a, b, c] = MEMBERS as [Member, Member, Member];
    const quorum = (acks: number, ...members: Member[]): SyncNames => ({ kind: 'quorum', acks, members });
    expect(checkSyncChange(quorum(1, a, b), quorum(1, b))).toEqual({ removed: [a], kept: [b], acksRaised: false });
    expect(checkSyncChange(quorum(1, a, b), quorum(1, b, c))).toEqual({ removed: [a], kept: [b], acksRaised: false });
    expect(checkSyncChange(quorum(1, a, b), quorum(2, a, b))).toEqual({ removed: [], kept: [a, b], acksRaised: true });
    expect(checkSyncChange(quorum(2, a, b), quorum(1, a, b)).acksRaised).toBe(false);
  });
});
