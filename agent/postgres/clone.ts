import type { Member } from '../../core/member';
import type { PostgresContext, Upstream } from './context';
import { PostgresRefused } from './errors';

export interface CloneOptions {
  /** pg_basebackup's own progress, for people. */
  readonly onProgress?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Copies the primary into the absent or empty data directory, marked as a standby. Streams as `<member>_clone` through
 * a temporary slot, so it never counts as the member (protocol S8). An interrupted clone leaves an unusable directory:
 * the caller has marked it as `cloning` and removes or sets it aside.
 */
export function clone(
  _ctx: PostgresContext,
  _source: Upstream,
  _member: Member,
  _options?: CloneOptions,
): Promise<void> {
  throw new PostgresRefused('not yet');
}
