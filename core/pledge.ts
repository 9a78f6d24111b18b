import type { Ancestor } from './lineage';
import type { Lsn } from './lsn';
import type { Member } from './member';

/**
 * A node's durable promise not to receive WAL from any primary of a term before `term`, with the end of what it has.
 * It stands on the node's volume, outside the data directory, before it is reported. An item of its own in the register.
 */
export interface Pledge {
  readonly member: Member;
  readonly term: number;
  /** End of replay, proved by the absence of a further valid record (protocol S4). */
  readonly endLsn: Lsn;
  /** The timelines of its data, oldest first; the last one is that of `endLsn`. Never empty. */
  readonly ancestry: readonly Ancestor[];
  /** Whether it could serve as primary. A pledge that is not electable still counts for meeting guarantees. */
  readonly electable: boolean;
  /** What stands against it, when not electable. */
  readonly reason?: string;
  readonly address: string;
}
