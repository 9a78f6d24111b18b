import type { Member } from '../../core/member';
import type { Guard } from './configuration';
import type { PostgresContext, Upstream } from './context';
import { PostgresRefused } from './errors';
import type { WaitOptions } from './wait';

/**
 * Ends the receiving of WAL for good, on a running standby (protocol S3): afterwards no receiver exists, none can
 * connect with what was configured before, replay is not paused, and the sentinel names are set. Also ends other own
 * sessions first (S10) and readers' sessions, so that replay ends soon (L9).
 *
 * @throws PostgresTimeout while that cannot be shown.
 */
export function detachUpstream(_ctx: PostgresContext, _options?: WaitOptions): Promise<void> {
  throw new PostgresRefused('not yet');
}

/** Follows a primary, without a restart. Returns when a fresh session shows it, which is before the stream is there. */
export function attachUpstream(
  _ctx: PostgresContext,
  _upstream: Upstream,
  _member: Member,
  _options?: WaitOptions & { readonly guard?: Guard },
): Promise<void> {
  throw new PostgresRefused('not yet');
}
