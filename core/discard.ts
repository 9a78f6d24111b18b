import { names } from './guarantee';
import type { Member } from './member';
import type { ClusterRecord } from './record';

/**
 * Whether the record proves that nothing acknowledged is only in `member`'s directory, so that it may be rewound or
 * replaced by a clone (guarantee 3 of the design; a rewind discards too).
 *
 * Why: every acknowledged commit is covered by at least one guarantee of the list. A guarantee that does not name the
 * member says that its commits are on others. Only a steady record counts: during an election the list is frozen and
 * the member may be one of those that meet it. Old guarantees leave the list only after the new quorum has flushed
 * past the promotion.
 */
export function mayDiscard(record: ClusterRecord, member: Member): boolean {
  return record.phase === 'steady' && !record.guarantees.some((guarantee) => names(guarantee, member));
}
