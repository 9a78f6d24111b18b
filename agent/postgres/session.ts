import type { PostgresContext } from './context';
import { PostgresRefused } from './errors';

/** `act`: may change something, so a pledge ends it first (protocol S10). `observe`: only looks, or writes WAL messages. */
export type Purpose = 'act' | 'observe';

export interface SessionOptions {
  /** `act` unless told. */
  readonly purpose?: Purpose;
  /** `postgres` unless told. */
  readonly database?: string;
  /** A walsender that speaks SQL and replication commands (IDENTIFY_SYSTEM); takes no place of max_connections. No parameters in queries. */
  readonly replication?: boolean;
  readonly connectTimeoutMs?: number;
  /** For each statement. */
  readonly queryTimeoutMs?: number;
}

export type Row = Readonly<Record<string, unknown>>;

export interface Session {
  /** Process id of the backend. */
  readonly pid: number;
  /** @throws PostgresSqlError, PostgresFrozen, PostgresSessionLost */
  query(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/**
 * Runs `work` on a connection made for it and ended with it, as the superuser, through the Unix socket.
 *
 * @throws PostgresDown, PostgresStarting, PostgresFrozen, PostgresSqlError, and what `work` throws.
 */
export function withSession<T>(
  _ctx: PostgresContext,
  _options: SessionOptions,
  _work: (session: Session) => Promise<T>,
): Promise<T> {
  throw new PostgresRefused('not yet');
}

/** Ends every other session of purpose `act`, of this agent and of one that died, and waits until they are gone (protocol S10). */
export function terminateOwnOthers(_session: Session): Promise<void> {
  throw new PostgresRefused('not yet');
}
