import type { PostgresContext } from './context';
import { PostgresRefused } from './errors';
import type { WaitOptions } from './wait';

/** Makes the directory unable to start as a primary: standby.signal, durably. Nothing but a promotion or {@link unmarkStandby} takes it away. */
export function markStandby(_ctx: PostgresContext): Promise<void> {
  throw new PostgresRefused('not yet');
}

export function isMarkedStandby(_ctx: PostgresContext): Promise<boolean> {
  throw new PostgresRefused('not yet');
}

/** Lets the directory start as a primary: only for a restart in place of the recorded primary. */
export function unmarkStandby(_ctx: PostgresContext): Promise<void> {
  throw new PostgresRefused('not yet');
}

/** Settings that stood in postgresql.auto.conf, which Holdfast does not allow: `name = value` lines, for the log. */
export interface PreparedStart {
  readonly foreignSettings: readonly string[];
}

/** Before any start: empties postgresql.auto.conf, removes reserved timelines and a left-over promotion request. */
export function prepareStart(_ctx: PostgresContext): Promise<PreparedStart> {
  throw new PostgresRefused('not yet');
}

/**
 * {@link prepareStart}, starts, and waits until sessions are accepted.
 * @throws PostgresDown when every process has ended again, PostgresTimeout when it is not there in time (recovery may take long).
 */
export function startAndWait(_ctx: PostgresContext, _options?: WaitOptions): Promise<PreparedStart> {
  throw new PostgresRefused('not yet');
}

export interface StopPatience {
  /** Clean stop (fast shutdown); 0 leaves it out. A hanging archiver or a frozen standby holds it up (protocol L3). */
  readonly fastMs: number;
  /** Immediate shutdown; then everything is killed. */
  readonly immediateMs: number;
}

/** Stops until no process of the server is left, ever harder. `clean`: the fast stop sufficed. @throws PostgresTimeout when even killed processes stay. */
export function stopToLastProcess(
  _ctx: PostgresContext,
  _patience: StopPatience,
): Promise<{ readonly clean: boolean }> {
  throw new PostgresRefused('not yet');
}
