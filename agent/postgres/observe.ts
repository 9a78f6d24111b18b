import type { PostgresContext } from './context';
import { PostgresRefused } from './errors';
import type { PostgresObservation } from './observation';

export interface ObserveOptions {
  readonly connectTimeoutMs?: number;
  readonly queryTimeoutMs?: number;
}

/** One look, over a fresh connection. Never throws and never takes longer than its two timeouts together. */
export function observe(_ctx: PostgresContext, _options?: ObserveOptions): Promise<PostgresObservation> {
  throw new PostgresRefused('not yet');
}
