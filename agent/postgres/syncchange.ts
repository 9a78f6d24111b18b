import type { Member } from '../../core/member';
import type { SyncNames } from './context';
import { PostgresRefused } from './errors';

export interface SyncChange {
  readonly removed: readonly Member[];
  readonly kept: readonly Member[];
  readonly acksRaised: boolean;
}

/**
 * Which changes of synchronous_standby_names may be made in one step. Walsenders take a change over one by one, and the
 * one that releases commits goes by its own number and by everybody's own idea of who counts. Every mixture that this
 * allows has to satisfy the old or the new setting.
 *
 * - Not the number and the names together: a stale number with new names satisfies neither (protocol S2). Adding while
 *   lowering, and removing while raising, would do no harm; two steps do none either.
 * - Not names added and removed together: a removed one that still counts, together with an added one, makes two of which
 *   neither setting knows both. With a number of 1 one standby is enough, and each of them belongs to one setting.
 *
 * @throws PostgresRefused
 */
export function checkSyncChange(previous: SyncNames, wanted: SyncNames): SyncChange {
  const before = previous.kind === 'quorum' ? previous.members : [];
  const after = wanted.kind === 'quorum' ? wanted.members : [];
  const removed = before.filter((member) => !after.includes(member));
  const kept = before.filter((member) => after.includes(member));
  const added = after.length - kept.length;
  if (previous.kind !== 'quorum' || wanted.kind !== 'quorum') return { removed, kept, acksRaised: false };

  if (previous.acks !== wanted.acks && (removed.length > 0 || added > 0)) {
    throw new PostgresRefused('The number of acknowledgements and the names must not change in one step.');
  }
  if (removed.length > 0 && added > 0 && wanted.acks > 1) {
    throw new PostgresRefused(
      `With ${wanted.acks} acknowledgements names must not be added and removed in one step: add first, then remove.`,
    );
  }
  return { removed, kept, acksRaised: wanted.acks > previous.acks };
}
