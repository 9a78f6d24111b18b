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
  const refusal = refusalOf(previous, wanted);
  if (refusal !== undefined) throw new PostgresRefused(refusal);
  const { removed, kept } = compared(previous, wanted);
  const acksRaised = previous.kind === 'quorum' && wanted.kind === 'quorum' && wanted.acks > previous.acks;
  return { removed, kept, acksRaised };
}

/** Why the change may not be made in one step; undefined when it may. Through the sentinel every change may. */
export function refusalOf(previous: SyncNames, wanted: SyncNames): string | undefined {
  if (previous.kind !== 'quorum' || wanted.kind !== 'quorum') return undefined;
  const { removed, added } = compared(previous, wanted);
  if (previous.acks !== wanted.acks && (removed.length > 0 || added > 0)) {
    return 'The number of acknowledgements and the names must not change in one step.';
  }
  if (removed.length > 0 && added > 0 && wanted.acks > 1) {
    return `With ${wanted.acks} acknowledgements names must not be added and removed in one step: add first, then remove.`;
  }
  return undefined;
}

function compared(previous: SyncNames, wanted: SyncNames) {
  const before = previous.kind === 'quorum' ? previous.members : [];
  const after = wanted.kind === 'quorum' ? wanted.members : [];
  const removed = before.filter((member) => !after.includes(member));
  const kept = before.filter((member) => after.includes(member));
  return { removed, kept, added: after.length - kept.length };
}
