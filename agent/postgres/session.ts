import { Socket } from 'node:net';
import { types } from 'node:util';
import { Client, DatabaseError, type ClientConfig } from 'pg';
import { PORT, ROLE } from '../../core/names';
import type { PostgresContext } from './context';
import {
  PostgresDown,
  PostgresError,
  PostgresFrozen,
  PostgresSessionLost,
  PostgresSqlError,
  PostgresStarting,
} from './errors';
import { until, type WaitOptions } from './wait';

/** `act`: may change something, so a pledge ends it first (protocol S10). `observe`: only looks, or writes WAL messages. */
export type Purpose = 'act' | 'observe';

export interface SessionOptions {
  /** `act` unless told. */
  readonly purpose?: Purpose;
  /** `postgres` unless told. */
  readonly database?: string;
  /**
   * A walsender that speaks SQL and replication commands (IDENTIFY_SYSTEM). It takes no place of max_connections, so no
   * crowd of clients can keep it out. It cannot take parameters in queries.
   */
  readonly replication?: boolean;
  /** Its commits wait for the quorum. Without this nothing that the agent writes waits for a standby. */
  readonly synchronous?: boolean;
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

export const CONNECT_TIMEOUT_MS = 1_000;
export const QUERY_TIMEOUT_MS = 1_000;

const APPLICATION_NAME: Readonly<Record<Purpose, string>> = { act: 'holdfast_agent', observe: 'holdfast_observer' };

/**
 * What the owner may have set for every session must not change what the agent's do. `lock_timeout`: a lock held by an
 * application is an answer, not a frozen server.
 */
const SETTINGS = {
  statement_timeout: '0',
  transaction_timeout: '0',
  idle_session_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  lock_timeout: '500ms',
  default_transaction_read_only: 'off',
  search_path: 'pg_catalog',
  timezone: 'UTC',
  // A login trigger is an application's program, run in whatever session connects.
  event_triggers: 'off',
} as const;

/**
 * Runs `work` on a connection made for it and ended with it, as the superuser, through the Unix socket.
 *
 * @throws PostgresDown, PostgresStarting, PostgresFrozen, PostgresSqlError, and what `work` throws.
 */
export async function withSession<T>(
  ctx: PostgresContext,
  options: SessionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const connection = new Connection(ctx, options);
  try {
    await connection.open();
    return await work(connection);
  } finally {
    connection.close();
  }
}

/** {@link withSession} of purpose `act`, or the one that is open already. */
export async function withActing<T>(
  ctx: PostgresContext,
  open: Session | undefined,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return open === undefined ? withSession(ctx, {}, work) : work(open);
}

/**
 * A connection that stays, as a walsender that streams nothing: it takes no place of max_connections. `onEnd` is called
 * when it ends by itself.
 */
export async function keepSession(ctx: PostgresContext, onEnd: () => void): Promise<{ close(): void }> {
  const connection = new Connection(ctx, { purpose: 'observe', replication: true }, onEnd);
  try {
    await connection.open();
  } catch (error) {
    connection.close();
    throw error;
  }
  return connection;
}

/** Ends every other session of purpose `act`, of this agent and of one that died, and waits until they are gone (protocol S10). */
export async function terminateOwnOthers(session: Session, options: WaitOptions = {}): Promise<void> {
  const sql = `select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = '${APPLICATION_NAME.act}' and pid <> ${session.pid}`;
  await until('other sessions of the agent to end', options, async () => (await session.query(sql)).length === 0);
}

/** One connection. It is in one of three states: connecting, usable, or failed; after the first failure it is only closed. */
class Connection implements Session {
  private readonly socket = new Socket();
  private readonly client: Client;
  private readonly queryTimeoutMs: number;
  private readonly connectTimeoutMs: number;
  private failure: PostgresError | undefined;
  private isClosed = false;

  constructor(ctx: PostgresContext, options: SessionOptions, onEnd?: () => void) {
    this.connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
    this.queryTimeoutMs = options.queryTimeoutMs ?? QUERY_TIMEOUT_MS;
    const settings = { ...SETTINGS, synchronous_commit: options.synchronous === true ? 'on' : 'local' };
    const config: ClientConfig & { replication?: string } = {
      host: ctx.layout.socketDirectory,
      port: PORT.client,
      user: ROLE.agent,
      database: options.database ?? 'postgres',
      application_name: APPLICATION_NAME[options.purpose ?? 'act'],
      options: Object.entries(settings)
        .map(([name, value]) => `-c ${name}=${value.replace(/ /g, '\\ ')}`)
        .join(' '),
      // Our own socket, so that it can be destroyed when the server is silent.
      stream: () => this.socket,
      ...(options.replication === true ? { replication: 'database' } : {}),
    };
    this.client = new Client(config);
    // Tells of a connection that ends between two statements; the next one gets it as its error.
    this.client.on('error', (error) => (this.failure ??= named(error)));
    this.client.on('end', () => {
      if (!this.isClosed) onEnd?.();
    });
  }

  get pid(): number {
    // From BackendKeyData; pg's types leave it out.
    return (this.client as Client & { readonly processID: number }).processID;
  }

  async open(): Promise<void> {
    await this.answer('connection', this.connectTimeoutMs, () => this.client.connect());
  }

  async query(sql: string, values?: readonly unknown[]): Promise<readonly Row[]> {
    if (this.failure !== undefined) throw this.failure;
    const result = await this.answer('statement', this.queryTimeoutMs, () =>
      values === undefined ? this.client.query<Row>(sql) : this.client.query<Row>(sql, [...values]),
    );
    return result.rows;
  }

  close(): void {
    this.isClosed = true;
    // Polite when the server is there; whether it is, nobody waits to see.
    this.client.end().catch(() => undefined);
    setTimeout(() => this.socket.destroy(), 1_000).unref();
  }

  private async answer<T>(what: string, timeoutMs: number, ask: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new PostgresFrozen(`PostgreSQL gave a fresh ${what} no answer within ${timeoutMs} ms.`));
      }, timeoutMs);
    });
    try {
      const asked = ask();
      asked.catch(() => undefined);
      return await Promise.race([asked, silence]);
    } catch (error) {
      const failure = error instanceof PostgresError ? error : named(error);
      if (!(failure instanceof PostgresSqlError)) {
        this.failure = failure;
        this.socket.destroy();
      }
      throw failure;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** cannot_connect_now: starting, recovering, shutting down. */
const CANNOT_CONNECT_NOW = '57P03';
/** admin_shutdown, crash_shutdown, database_dropped. */
const SESSION_ENDED = ['57P01', '57P02', '57P04'];

function named(error: unknown): PostgresError {
  const cause = types.isNativeError(error) ? error : new Error(String(error));
  if (cause instanceof DatabaseError && cause.code !== undefined) {
    if (cause.code === CANNOT_CONNECT_NOW) return new PostgresStarting(cause.message, { cause });
    if (SESSION_ENDED.includes(cause.code)) return new PostgresSessionLost(cause.message, { cause });
    return new PostgresSqlError(cause.code, cause.message, { cause });
  }
  switch ('code' in cause ? cause.code : undefined) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new PostgresDown(`Nobody listens on PostgreSQL's socket (${cause.message}).`, { cause });
    case 'EAGAIN':
      // The queue of the Unix socket is full: the postmaster takes no connection off it.
      return new PostgresFrozen(`PostgreSQL's postmaster takes no connections (${cause.message}).`, { cause });
    default:
      return new PostgresSessionLost(cause.message, { cause });
  }
}
