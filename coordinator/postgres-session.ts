import { Socket } from 'node:net';
import { Client, DatabaseError } from 'pg';
import { PORT } from '../core/names';

/** How a prober logs in: the health checker by the monitor's password, a node by its own client certificate. */
export type Login =
  | { readonly user: string; readonly password: string }
  /** PEM. */
  | { readonly user: string; readonly certificate: string; readonly key: string };

export type PostgresTarget = PostgresPlace & Login;

export interface PostgresPlace {
  /** IPv4. */
  readonly address: string;
  /** The name in its certificate: `<slot>.<zone>`. */
  readonly serverName: string;
  /** PEM of the cluster's CA. */
  readonly ca: string;
  readonly port?: number;
}

export interface SessionOptions {
  readonly applicationName: string;
  /** `local`: a commit waits for this server's disk only. `on`: also for its quorum. */
  readonly synchronousCommit: 'local' | 'on';
  /** Until the session is ready: TCP, TLS and log-in. */
  readonly connectMs: number;
  /** Each statement; without it a statement may take for ever. */
  readonly statementMs?: number;
  /** The connection ended without our doing; also told while it is being opened. */
  readonly onLost?: () => void;
}

/** One connection to one PostgreSQL, closed by cutting it: nothing here waits for a peer that may be gone. */
export class PostgresSession {
  private closed = false;

  private constructor(
    private readonly client: Client,
    private readonly socket: Socket,
  ) {}

  static async open(target: PostgresTarget, options: SessionOptions): Promise<PostgresSession> {
    const socket = new Socket();
    const client = new Client({
      host: target.address,
      port: target.port ?? PORT.peer,
      user: target.user,
      ...('password' in target ? { password: target.password } : {}),
      database: 'postgres',
      ssl: {
        ca: target.ca,
        servername: target.serverName,
        minVersion: 'TLSv1.2',
        ...('key' in target ? { cert: target.certificate, key: target.key } : {}),
      },
      application_name: options.applicationName,
      options: `-c synchronous_commit=${options.synchronousCommit}`,
      connectionTimeoutMillis: options.connectMs,
      ...(options.statementMs === undefined ? {} : { query_timeout: options.statementMs }),
      stream: () => socket,
    });
    const session = new PostgresSession(client, socket);
    const lost = () => {
      if (session.closed) return;
      session.close();
      options.onLost?.();
    };
    // A server that ends a session says so first; without a listener that would end this process.
    client.on('error', lost);
    client.on('end', lost);
    try {
      await client.connect();
    } catch (error) {
      session.close();
      throw error;
    }
    return session;
  }

  get isOpen(): boolean {
    return !this.closed;
  }

  /** Closes the session when there is no answer in time: what a late answer belongs to could not be told. */
  async query(text: string, values: readonly unknown[] = []): Promise<readonly Record<string, unknown>[]> {
    if (this.closed) throw new Error('The session has ended.');
    try {
      return (await this.client.query<Record<string, unknown>>(text, [...values])).rows;
    } catch (error) {
      if (!(error instanceof DatabaseError)) this.close();
      throw error;
    }
  }

  close(): void {
    this.closed = true;
    this.socket.destroy();
  }
}

/** The server's own words: it lives and answers, whatever it says. */
export function isServerAnswer(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError;
}
