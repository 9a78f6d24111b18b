import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { onDisk } from '../disk';
import { errorCode } from '../error-code';
import type { Member } from '../../core/member';
import { ROLE } from '../../core/names';
import type { PostgresContext, Upstream } from './context';
import { PostgresRefused } from './errors';
import { applyRole, type ApplyOptions } from './role';
import { terminateOwnOthers, withSession, type Session } from './session';
import { until, type WaitOptions } from './wait';

/**
 * Ends the receiving of WAL for good, on a running standby (protocol S3): afterwards no receiver exists, none can
 * connect with what was configured before, replay is not paused, and the sentinel names are set. Also ends other own
 * sessions first (S10) and readers' sessions, so that replay ends soon (L9).
 *
 * Why that holds: the key link is revoked first. A receiver that had read its key before has long been in the process
 * list, which is then found empty; one that appears later, started with the old primary_conninfo out of shared memory,
 * cannot connect. pg_stat_wal_receiver has no say: it hides a receiver that is still connecting.
 *
 * @throws PostgresTimeout while that cannot be shown; PostgresRefused when the server is not a standby
 */
export async function detachUpstream(ctx: PostgresContext, options: WaitOptions = {}): Promise<void> {
  await withSession(ctx, {}, async (session) => {
    await terminateOwnOthers(session, options);
    // What an ended session of an older term may have left: PostgreSQL would still follow it, until its next start.
    const promote = join(ctx.layout.data, 'promote');
    await onDisk(`Removing ${promote}`, () => rm(promote, { force: true }));
    // Takes the keys away first.
    await applyRole(ctx, { upstream: null, syncNames: { kind: 'sentinel' } }, { ...options, through: session });
    await until('the last WAL receiver to end', options, () => endReceivers(session));
  });
}

/** Follows a primary, without a restart. Returns when a fresh session shows it, which is before the stream is there. */
export async function attachUpstream(
  ctx: PostgresContext,
  upstream: Upstream,
  member: Member,
  options: ApplyOptions = {},
): Promise<void> {
  await applyRole(ctx, { upstream: { ...upstream, member }, syncNames: { kind: 'sentinel' } }, options);
}

/**
 * One round: true when no receiver is left. The worker that copies logical slots ends with them: it waits for an answer
 * of the old primary for as long as it takes, and a promotion would wait for it. Readers' sessions end with it, since a query on a standby can hold up replay
 * for as long as it runs; the health checker's hold nothing up.
 */
async function endReceivers(session: Session): Promise<boolean> {
  const [state] = await session.query(
    `select pg_is_in_recovery() as recovery,
       (select coalesce(json_agg(pid), '[]') from pg_stat_activity
        where backend_type = 'slotsync worker' or backend_type = 'walreceiver') as receivers`,
  );
  if (state?.['recovery'] !== true) throw new PostgresRefused('PostgreSQL is a primary: it has no upstream.');
  const receivers = state['receivers'] as readonly number[];
  // pg_terminate_backend refuses these.
  for (const pid of receivers) sendTerm(pid);
  await session.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where backend_type = 'client backend' and usename not in ('${ROLE.agent}', '${ROLE.monitor}')`,
  );
  await session.query(`select pg_wal_replay_resume() where pg_get_wal_replay_pause_state() <> 'not paused'`);
  return receivers.length === 0;
}

function sendTerm(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}
