import { MESSAGE_PREFIX } from '../core/names';
import { isServerAnswer, PostgresSession, type PostgresTarget } from './postgres-session';
import { TIMING } from './timing';

/** PostgreSQL answered. */
export interface Liveness {
  /** Null when it answered with a refusal. */
  readonly inRecovery: boolean | null;
  /** SQLSTATE: too many connections, starting up, wrong password … An error is an answer and never convicts. */
  readonly refusal?: string;
}

/** Names of the sessions, for whoever looks at pg_stat_activity. */
const APPLICATION = {
  liveness: 'holdfast health checker',
  local: 'holdfast health checker: local write',
  on: 'holdfast health checker: synchronous write',
} as const;

/**
 * Asks on a kept connection; when that does not answer, on a fresh one. The end of the kept connection is told at once:
 * a postmaster that dies takes its connections along long before the next question would have been due.
 */
export class LivenessProbe {
  private session: PostgresSession | undefined;
  private closed = false;

  constructor(
    private readonly target: () => Promise<PostgresTarget>,
    private readonly onLost: () => void,
  ) {}

  async probe(): Promise<Liveness> {
    if (this.session?.isOpen === true) {
      try {
        return await ask(this.session);
      } catch (error) {
        if (isServerAnswer(error)) return refused(error.code);
      }
    }
    try {
      this.session = await PostgresSession.open(await this.target(), {
        applicationName: APPLICATION.liveness,
        synchronousCommit: 'local',
        connectMs: TIMING.connectTimeoutMs,
        statementMs: TIMING.questionTimeoutMs,
        onLost: () => this.onLost(),
      });
      if (this.closed) this.session.close();
      return await ask(this.session);
    } catch (error) {
      if (isServerAnswer(error)) return refused(error.code);
      throw error;
    }
  }

  close(): void {
    this.closed = true;
    this.session?.close();
  }
}

/** Whether a newcomer gets in: backends that are there already go on answering when the postmaster hangs. */
export async function knock(target: PostgresTarget): Promise<void> {
  try {
    const session = await PostgresSession.open(target, {
      applicationName: APPLICATION.liveness,
      synchronousCommit: 'local',
      connectMs: TIMING.connectTimeoutMs,
    });
    session.close();
  } catch (error) {
    if (!isServerAnswer(error)) throw error;
  }
}

/**
 * A small transaction that leaves nothing but a message in the WAL (protocol L11): no table, no lock, no publication.
 *
 * A synchronous write that waits for its quorum cannot be called back: its process waits on the server, whoever hangs
 * up. So there is one statement at a time, it is left waiting long, and what an earlier one left behind is ended first.
 */
export class WriteProbe {
  private session: PostgresSession | undefined;
  private generation = 0;

  constructor(
    private readonly target: () => Promise<PostgresTarget>,
    private readonly synchronousCommit: 'local' | 'on',
    private readonly giveUpMs: number = TIMING.writeGiveUpMs,
  ) {}

  async probe(): Promise<void> {
    if (this.session?.isOpen !== true) {
      const { generation } = this;
      this.session = await PostgresSession.open(await this.target(), {
        applicationName: APPLICATION[this.synchronousCommit],
        synchronousCommit: this.synchronousCommit,
        connectMs: TIMING.connectTimeoutMs,
        statementMs: this.giveUpMs,
      });
      // Closed while it was being opened.
      if (generation !== this.generation) this.session.close();
      await this.session.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE usename = current_user AND application_name = $1 AND pid <> pg_backend_pid()
           AND state = 'active' AND query_start < now() - make_interval(secs => $2)`,
        [APPLICATION[this.synchronousCommit], this.giveUpMs / 1000],
      );
    }
    await this.session.query("SELECT pg_logical_emit_message(true, $1, 'probe')", [MESSAGE_PREFIX]);
  }

  /** Ends what is under way; a later probe opens anew. */
  close(): void {
    this.generation += 1;
    this.session?.close();
  }
}

async function ask(session: PostgresSession): Promise<Liveness> {
  const [row] = await session.query('SELECT pg_is_in_recovery() AS in_recovery');
  const inRecovery = row?.['in_recovery'];
  return { inRecovery: typeof inRecovery === 'boolean' ? inRecovery : null };
}

function refused(code: string | undefined): Liveness {
  return { inRecovery: null, refusal: code ?? 'unknown' };
}
