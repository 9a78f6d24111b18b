import type { Lsn } from '../../core/lsn';
import type { PostgresContext } from './context';
import { PostgresRefused } from './errors';
import type { WaitOptions } from './wait';

export interface EndOfReplay {
  readonly timeline: number;
  readonly lsn: Lsn;
}

/** The end of replay when it is proved that pg_wal holds no further record; undefined while it is not. Needs a detached upstream (protocol S4). */
export function endOfReplay(_ctx: PostgresContext): Promise<EndOfReplay | undefined> {
  throw new PostgresRefused('not yet');
}

/** Polls {@link endOfReplay}. @throws PostgresTimeout, PostgresRefused when the server is not in recovery */
export function waitForEndOfReplay(_ctx: PostgresContext, _options?: WaitOptions): Promise<EndOfReplay> {
  throw new PostgresRefused('not yet');
}

/** Identity of a timeline's first record: the time in its END_OF_RECOVERY. Undefined when that WAL is not here any more. */
export function firstRecord(_ctx: PostgresContext, _timeline: number, _forkLsn: Lsn): Promise<string | undefined> {
  throw new PostgresRefused('not yet');
}
