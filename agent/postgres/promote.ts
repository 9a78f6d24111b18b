import type { Lsn } from '../../core/lsn';
import type { PostgresContext } from './context';
import { PostgresRefused } from './errors';
import type { WaitOptions } from './wait';

export interface Promotion {
  readonly timeline: number;
  readonly forkLsn: Lsn;
  readonly firstRecord: string;
}

/**
 * Promotes a detached standby to timeline `term`. Clients must be held out and the names of the new guarantee, or the
 * sentinel, in force. May be repeated after an interruption: a server that is a primary on that timeline answers the same.
 *
 * @throws PostgresRefused when the names are empty, a receiver is left, or it is a primary of another timeline.
 */
export function promote(_ctx: PostgresContext, _term: number, _options?: WaitOptions): Promise<Promotion> {
  throw new PostgresRefused('not yet');
}
