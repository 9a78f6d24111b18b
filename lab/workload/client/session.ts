import { Client, DatabaseError, type QueryResultRow } from 'pg';
import type { ServerIdentity } from '../history';
import type { ConnectionSettings } from './environment';

/** PostgreSQL answered that the statement has no effect. */
export class Refused extends Error {}

/** No trustworthy answer: what the statement did is unknown. The connection is gone. */
export class Lost extends Error {}

const WHO_ARE_YOU = `
  select pg_is_in_recovery() as in_recovery,
         current_setting('transaction_read_only')::boolean as read_only,
         host(inet_server_addr()) as address,
         case when pg_is_in_recovery() then null else pg_walfile_name(pg_current_wal_insert_lsn()) end as wal_file`;

export interface SessionOptions {
  readonly settings: ConnectionSettings;
  readonly operationTimeoutMs: number;
  /** Name of the route; behind `holdfast_workload` in the connection's application_name. */
  readonly route: string;
}

/** One connection to one server, whose identity was asked when it was made. */
export class Session {
  private brokenBy: string | undefined;
  private warning: string | undefined;

  private constructor(
    private readonly client: Client,
    readonly host: string,
    readonly address: string,
    /** Null on a standby: which timeline it follows can change under the connection. */
    readonly timeline: number | null,
    readonly writable: boolean,
  ) {
    client.on('error', (error) => this.break(error.message));
    client.on('end', () => this.break('the server closed the connection'));
    client.on('notice', ({ severity, message }) => {
      if (severity === 'WARNING') this.warning = message;
    });
  }

  /** @throws Error when the host does not answer in time */
  static async open({ settings, operationTimeoutMs, route }: SessionOptions, host: string): Promise<Session> {
    const { port, user, password, database, ssl, connectTimeoutMs } = settings;
    const client = new Client({
      ...{ host, port, user, password, database, ssl },
      application_name: `holdfast_workload ${route}`,
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: operationTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 5_000,
    });
    // Without a listener an error of an idle connection ends the program; the query that meets it reports it.
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query<{
        in_recovery: boolean;
        read_only: boolean;
        address: string;
        wal_file: string | null;
      }>(WHO_ARE_YOU);
      const [row] = rows;
      if (row === undefined) throw new Error(`${host} does not say who it is.`);
      const timeline = row.wal_file === null ? null : parseInt(row.wal_file.slice(0, 8), 16);
      return new Session(client, host, row.address, timeline, timeline !== null && !row.in_recovery && !row.read_only);
    } catch (error) {
      client.connection.stream.destroy();
      throw error;
    }
  }

  /** Why it cannot be used any more; undefined while it can. */
  get broken(): string | undefined {
    return this.brokenBy;
  }

  /** @throws Error on a standby */
  get server(): ServerIdentity {
    if (this.timeline === null) throw new Error(`${this.host} is in recovery.`);
    return { address: this.address, timeline: this.timeline };
  }

  /**
   * One statement, committed by itself. A commit whose wait for the quorum was cancelled is reported by PostgreSQL as
   * success with a warning, so an answer with any warning is not taken for an acknowledgement.
   * @throws Refused, Lost
   */
  async execute<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    this.takeWarning();
    let result: { rows: Row[] };
    try {
      result = await this.client.query<Row>(text, [...values]);
    } catch (error) {
      // ERROR means that the transaction was rolled back. FATAL and PANIC can come after its commit.
      if (error instanceof DatabaseError && error.severity === 'ERROR') {
        throw new Refused(this.giveUp(`refused: ${error.code ?? ''} ${error.message}`));
      }
      throw new Lost(this.giveUp(error instanceof Error ? error.message : String(error)));
    }
    const warning = this.takeWarning();
    if (warning !== undefined) throw new Lost(this.giveUp(`answered with a warning: ${warning}`));
    return result.rows;
  }

  /** One that works takes its leave, so that nobody finds resets in the server's log; any other is dropped at once. */
  close(): void {
    if (this.brokenBy !== undefined) {
      this.client.connection.stream.destroy();
      return;
    }
    this.break('closed');
    this.client.end(() => this.client.connection.stream.destroy());
  }

  private takeWarning(): string | undefined {
    const { warning } = this;
    this.warning = undefined;
    return warning;
  }

  private giveUp(why: string): string {
    this.break(why);
    this.client.connection.stream.destroy();
    return why;
  }

  /** The first reason is the cause of the others. */
  private break(why: string): void {
    this.brokenBy ??= why;
  }
}
