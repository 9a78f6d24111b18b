import type { Lsn } from '../../core/lsn';
import type { Member } from '../../core/member';
import type { Guard } from './configuration';
import type { PostgresContext, SyncNames } from './context';
import { PostgresRefused } from './errors';
import type { WaitOptions } from './wait';

/**
 * Sets synchronous_standby_names and resolves only when it is in force: from then on no commit is acknowledged by less
 * than `wanted` says (protocol S1, S2). `previous` is what may have been in force until now: the guarantee recorded
 * before. May be repeated after any interruption with the same two values.
 *
 * Allowed are: names added, or names removed, or `acks` changed; with `acks` 1 names may be exchanged at once; anything
 * to and from `none` and `sentinel`. A standby (before its promotion) may go between sentinel and quorum.
 *
 * @throws PostgresRefused for any other change; PostgresTimeout when it cannot be shown to be in force.
 */
export function enforce(
  _ctx: PostgresContext,
  _wanted: SyncNames,
  _previous: SyncNames,
  _options?: WaitOptions & { readonly guard?: Guard },
): Promise<void> {
  throw new PostgresRefused('not yet');
}

/** Waits until `acks` of `members` have flushed past `lsn`. @throws PostgresTimeout */
export function flushedBy(
  _ctx: PostgresContext,
  _lsn: Lsn,
  _members: readonly Member[],
  _acks: number,
  _options?: WaitOptions,
): Promise<void> {
  throw new PostgresRefused('not yet');
}
