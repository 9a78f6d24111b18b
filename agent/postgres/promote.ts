import { isIdentified } from '../../core/lineage';
import type { Lsn } from '../../core/lsn';
import type { PostgresContext } from './context';
import { PostgresError, PostgresRefused } from './errors';
import { withSession, type Session } from './session';
import { ancestry, reserveTimelines, timelineIn } from './timelines';
import { until, type WaitOptions } from './wait';

export interface Promotion {
  readonly timeline: number;
  readonly forkLsn: Lsn;
  readonly firstRecord: string;
}

/**
 * Promotes a detached standby to timeline `term`. Clients must be held out and the names of the new guarantee, or the
 * sentinel, in force: sessions that are open become read-write at the moment of the promotion, and with empty names
 * their commits would be acknowledged at once (protocol S1, S5). May be repeated after an interruption: a server that
 * is a primary on that timeline answers the same. `after`: what has to come about before it becomes a primary: clients
 * are out.
 *
 * @throws PostgresRefused when the names are empty, a receiver is left, or it is a primary of another timeline.
 */
export async function promote(
  ctx: PostgresContext,
  term: number,
  { after, ...options }: WaitOptions & { readonly after?: Promise<unknown> } = {},
): Promise<Promotion> {
  const timeline = await withSession(ctx, { replication: true }, async (session) => {
    if (await isInRecovery(session)) {
      await insistOnReadiness(session);
      await reserveTimelines(ctx, term, await timelineIn(session));
      await after;
      // Waiting inside pg_promote looks ten times a second only.
      await session.query('select pg_promote(false)');
      await until('the promotion to end', options, async () => !(await isInRecovery(session)));
    }
    return timelineIn(session);
  });
  if (timeline !== term) {
    throw new PostgresRefused(`PostgreSQL is a primary on timeline ${timeline}; term ${term} needs timeline ${term}.`);
  }
  const made = (await ancestry(ctx, timeline)).at(-1);
  if (made === undefined || !isIdentified([made])) {
    throw new PostgresError(`The first record of timeline ${timeline} is not to be found in the WAL.`);
  }
  return { timeline, forkLsn: made.forkLsn, firstRecord: made.firstRecord };
}

async function isInRecovery(session: Session): Promise<boolean> {
  const [row] = await session.query('select pg_is_in_recovery() as recovery');
  return row?.['recovery'] === true;
}

async function insistOnReadiness(session: Session): Promise<void> {
  const [row] = await session.query(
    `select current_setting('synchronous_standby_names') as names, current_setting('primary_conninfo') as conninfo,
       (select count(*) from pg_stat_activity where backend_type = 'walreceiver')::int as receivers`,
  );
  if (row?.['names'] === '') {
    throw new PostgresRefused(
      'synchronous_standby_names is empty: what clients commit would be acknowledged by nobody.',
    );
  }
  if (row?.['conninfo'] !== '' || row['receivers'] !== 0) {
    throw new PostgresRefused('PostgreSQL still has an upstream: detach it first.');
  }
}
