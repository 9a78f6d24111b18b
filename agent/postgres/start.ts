import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { onDisk } from '../disk';
import { isMissing, readIfPresent, removeDurably, writeDurably } from '../durable';
import type { PostgresContext } from './context';
import { PostgresDown, PostgresRefused, PostgresStarting, PostgresTimeout } from './errors';
import { withSession } from './session';
import { releaseTimelines } from './timelines';
import { until, type WaitOptions } from './wait';

const STANDBY_SIGNAL = 'standby.signal';
const START_POLL_MS = 20;

/** Makes the directory unable to start as a primary: standby.signal, durably. Nothing but a promotion or {@link unmarkStandby} takes it away. */
export async function markStandby(ctx: PostgresContext): Promise<void> {
  await writeDurably(join(ctx.layout.data, STANDBY_SIGNAL), '', { owner: ctx.user });
}

export async function isMarkedStandby(ctx: PostgresContext): Promise<boolean> {
  return isThere(join(ctx.layout.data, STANDBY_SIGNAL));
}

/** Lets the directory start as a primary: only for a restart in place of the recorded primary. */
export async function unmarkStandby(ctx: PostgresContext): Promise<void> {
  await removeDurably(join(ctx.layout.data, STANDBY_SIGNAL));
}

/** Settings that stood in postgresql.auto.conf, which Holdfast does not allow: `name = value` lines, for the log. */
export interface PreparedStart {
  readonly foreignSettings: readonly string[];
}

/**
 * Before any start: empties postgresql.auto.conf, removes reserved timelines and a left-over process id, which might be
 * another process's by now: PostgreSQL would not start.
 *
 * @throws PostgresRefused while a process of the server is left
 */
export async function prepareStart(ctx: PostgresContext): Promise<PreparedStart> {
  const { data } = ctx.layout;
  if (await ctx.service.hasProcess()) throw new PostgresRefused('PostgreSQL still has a process; stop it first.');
  if ((await isThere(join(data, 'recovery.signal'))) && !(await isMarkedStandby(ctx))) {
    throw new PostgresRefused(
      `${join(data, 'recovery.signal')} asks for a recovery that ends as a primary on a timeline of its own. ` +
        'Remove it, or mark the directory as a standby.',
    );
  }
  const foreignSettings = await emptyAutoConf(ctx);
  await releaseTimelines(ctx);
  await removeDurably(join(data, 'postmaster.pid'));
  return { foreignSettings };
}

/** Empties postgresql.auto.conf; what it said. Its settings would override the agent's files. */
export async function emptyAutoConf(ctx: PostgresContext): Promise<readonly string[]> {
  const path = join(ctx.layout.data, 'postgresql.auto.conf');
  const text = await readIfPresent(path);
  const settings = (text ?? '').split('\n').filter((line) => /^\s*[^#\s]/.test(line));
  if (text !== '') await writeDurably(path, '', { owner: ctx.user });
  return settings;
}

/**
 * {@link prepareStart}, starts, and waits until sessions are accepted.
 *
 * @throws PostgresDown when every process has ended again, PostgresTimeout when it is not there in time (recovery may take long).
 */
export async function startAndWait(ctx: PostgresContext, options: WaitOptions = {}): Promise<PreparedStart> {
  const prepared = await prepareStart(ctx);
  await ctx.service.start();
  const accepts = async (): Promise<boolean> => {
    try {
      await withSession(ctx, { purpose: 'observe' }, (session) => session.query('select'));
      return true;
    } catch (error) {
      if (error instanceof PostgresStarting) return false;
      if (!(error instanceof PostgresDown)) throw error;
      if (await ctx.service.hasProcess()) return false;
      throw new PostgresDown('PostgreSQL was started and has ended again; its log tells why.', { cause: error });
    }
  };
  await until('PostgreSQL to accept sessions', { timeoutMs: 60_000, ...options }, accepts, START_POLL_MS);
  return prepared;
}

export interface StopPatience {
  /** Clean stop (fast shutdown); 0 leaves it out. A hanging archiver or a frozen standby holds it up (protocol L3). */
  readonly fastMs: number;
  /** Immediate shutdown; then everything is killed. */
  readonly immediateMs: number;
}

const KILL_MS = 10_000;

/** Stops until no process of the server is left, ever harder. `clean`: the fast stop sufficed. @throws PostgresTimeout when even killed processes stay. */
export async function stopToLastProcess(
  ctx: PostgresContext,
  patience: StopPatience,
): Promise<{ readonly clean: boolean }> {
  const ways = [
    { signal: 'fast', timeoutMs: patience.fastMs },
    { signal: 'immediate', timeoutMs: patience.immediateMs },
    { signal: 'kill', timeoutMs: KILL_MS },
  ] as const;
  for (const { signal, timeoutMs } of ways) {
    if (timeoutMs === 0) continue;
    await ctx.service.stop(signal);
    if (await ended(ctx, timeoutMs)) return { clean: signal === 'fast' };
  }
  throw new PostgresTimeout(`Processes of PostgreSQL are left ${KILL_MS} ms after they were killed.`);
}

async function ended(ctx: PostgresContext, timeoutMs: number): Promise<boolean> {
  try {
    await until('the last process to end', { timeoutMs }, async () => !(await ctx.service.hasProcess()), START_POLL_MS);
    return true;
  } catch (error) {
    if (error instanceof PostgresTimeout) return false;
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await onDisk(`Looking for ${path}`, () => access(path));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
