import type { Lsn } from '../../core/lsn';
import type { Member } from '../../core/member';
import type { PostgresContext, SyncNames } from './context';
import { PostgresRefused, PostgresSessionLost, PostgresTimeout } from './errors';
import { emit } from './messages';
import { applyRole, type ApplyOptions, type Guard } from './role';
import { withSession, type Session } from './session';
import { checkSyncChange, type SyncChange } from './syncchange';
import { until, type WaitOptions } from './wait';
import { rowsOf, sent, terminate, type SenderRow } from './walsenders';

export type EnforceOptions = WaitOptions & { readonly guard?: Guard };

/** A walsender that has not taken over a change by then is ended; its standby comes back to a new one. */
const STALE_WALSENDER_MS = 1_000;

/**
 * Sets synchronous_standby_names and resolves only when it is in force: from then on no commit is acknowledged by less
 * than `wanted` says (protocol S1, S2). `previous` is what may have been in force until now: the guarantee recorded
 * before. May be repeated after any interruption with the same two values.
 *
 * What proves it. That a fresh session shows it: every process has been told, no more. Then
 * - names added, `acks` lowered: nothing more. Whoever still goes by the old setting demands at least as much.
 * - a name removed: its walsenders' own rows show priority 0, or are gone. Each walsender writes its own row.
 * - `acks` raised: each walsender has sent WAL written after that session: it reads its configuration before it takes
 *   replies, and sends after, so a later reply is judged by the new setting.
 * - none to anything: only the checkpointer makes commits wait at all. So through the sentinel, until a commit is seen
 *   waiting; and before that a commit is seen passing under `none`, so that the wait seen is not of an older setting.
 *
 * @throws PostgresRefused for a change that no order of takeovers makes safe; PostgresTimeout when it cannot be shown to be in force.
 */
export async function enforce(
  ctx: PostgresContext,
  wanted: SyncNames,
  previous: SyncNames,
  options: EnforceOptions = {},
): Promise<void> {
  const change = checkSyncChange(previous, wanted);
  await withSession(ctx, {}, async (session) => {
    const isStandby = await isInRecovery(session);
    if (isStandby && (previous.kind === 'none' || wanted.kind === 'none')) {
      throw new PostgresRefused('A standby carries the sentinel or a quorum, never empty names.');
    }
    if (previous.kind !== 'none' && wanted.kind !== 'none') await set(ctx, wanted, { ...options, through: session });
    if (isStandby) return;
    if (wanted.kind === 'none') {
      await enforceNone(ctx, options);
    } else if (previous.kind === 'none') {
      await enforceNone(ctx, options);
      await leaveNone(ctx, options);
      if (wanted.kind !== 'sentinel') await set(ctx, wanted, options);
    } else {
      await takenOver(ctx, change, options);
    }
  });
}

/** Waits until `acks` of `members` have flushed past `lsn`. @throws PostgresTimeout */
export async function flushedBy(
  ctx: PostgresContext,
  lsn: Lsn,
  members: readonly Member[],
  acks: number,
  options: WaitOptions = {},
): Promise<void> {
  if (acks === 0) return;
  await withSession(ctx, { purpose: 'observe' }, (session) =>
    until(`${acks} of ${members.join(', ')} to flush`, options, async () => {
      const rows = await rowsOf(session, members);
      const flushed = rows.filter((row) => row.flushLsn !== null && row.flushLsn >= lsn);
      return new Set(flushed.map((row) => row.member)).size >= acks;
    }),
  );
}

async function set(ctx: PostgresContext, syncNames: SyncNames, options: ApplyOptions): Promise<void> {
  await applyRole(ctx, { upstream: null, syncNames }, options);
}

async function isInRecovery(session: Session): Promise<boolean> {
  const [row] = await session.query('select pg_is_in_recovery() as recovery');
  return row?.['recovery'] === true;
}

async function takenOver(ctx: PostgresContext, change: SyncChange, options: EnforceOptions): Promise<void> {
  if (change.removed.length > 0) {
    await untilTakenOver(
      ctx,
      options,
      'removed standbys not to count',
      change.removed,
      (row) => row.syncPriority === 0,
    );
  }
  if (change.acksRaised) {
    const marker = await withSession(ctx, { purpose: 'observe' }, (session) => emit(session, 'flushed'));
    const seen = await withSession(ctx, { purpose: 'observe' }, (session) => rowsOf(session, change.kept));
    // One that starts later is born with the new setting; one that has not begun to send takes it over before it does.
    const pids = seen.filter((row) => row.sentLsn !== null).map((row) => row.pid);
    await untilTakenOver(
      ctx,
      options,
      'every walsender to go by the new number',
      change.kept,
      (row) => !pids.includes(row.pid) || sent(row, marker),
    );
  }
}

/** Until `has` holds for each row of `members`; a walsender that keeps it from holding is ended after a while. */
async function untilTakenOver(
  ctx: PostgresContext,
  options: EnforceOptions,
  what: string,
  members: readonly Member[],
  has: (row: SenderRow) => boolean,
): Promise<void> {
  const began = performance.now();
  await withSession(ctx, {}, (session) =>
    until(what, options, async () => {
      const stale = (await rowsOf(session, members)).filter((row) => !has(row));
      if (stale.length > 0 && performance.now() - began > STALE_WALSENDER_MS) {
        await terminate(
          session,
          stale.map((row) => row.pid),
        );
      }
      return stale.length === 0;
    }),
  );
}

/**
 * No commit waits, and the checkpointer knows it: no walsender counts any more, so nobody is left who could confirm, and
 * still a commit comes back.
 */
async function enforceNone(ctx: PostgresContext, options: EnforceOptions): Promise<void> {
  await set(ctx, { kind: 'none' }, options);
  await untilTakenOver(ctx, options, 'no standby to count', [], (row) => row.syncPriority === 0);
  const probe = await commitSeen(ctx, options, 'returned');
  if (probe !== 'returned') throw new PostgresTimeout('Commits still wait for standbys that are not asked any more.');
}

/** From `none` to the sentinel; back to `none` when commits cannot be shown to wait, so that none hangs later, unforeseen. */
async function leaveNone(ctx: PostgresContext, options: EnforceOptions): Promise<void> {
  try {
    await set(ctx, { kind: 'sentinel' }, options);
    await until('commits to wait', options, async () => (await commitSeen(ctx, options, 'waiting')) === 'waiting');
  } catch (error) {
    await set(ctx, { kind: 'none' }, { timeoutMs: 2_000 }).catch((second: unknown) => {
      throw new AggregateError(
        [error, second],
        'Commits cannot be shown to wait, and the names cannot be emptied again.',
      );
    });
    throw error;
  }
}

/**
 * Commits a WAL message like an application does, and looks at it from another session: whether it came back, or was
 * seen waiting for standbys. Waits for either, but does not take `waiting` for an answer where `returned` is hoped for
 * until the time is over.
 */
async function commitSeen(
  ctx: PostgresContext,
  options: EnforceOptions,
  hopedFor: 'returned' | 'waiting',
): Promise<'returned' | 'waiting'> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  return withSession(ctx, { synchronous: true, queryTimeoutMs: timeoutMs + 5_000 }, async (committer) => {
    let returned = false;
    const commit = emit(committer, 'committed').then(
      () => {
        returned = true;
      },
      (error: unknown) => {
        // It is ended below; any other end is no answer either.
        if (!(error instanceof PostgresSessionLost)) throw error;
      },
    );
    commit.catch(() => undefined);
    return withSession(ctx, {}, async (watcher) => {
      const waits = `select from pg_stat_activity where pid = ${committer.pid} and wait_event = 'SyncRep'`;
      let seen: 'returned' | 'waiting' | undefined;
      try {
        seen = await until('a commit to return or to wait', { ...options, timeoutMs }, async () => {
          if (returned) return 'returned';
          const waiting = (await watcher.query(waits)).length > 0;
          return waiting && hopedFor === 'waiting' ? 'waiting' : undefined;
        });
      } finally {
        if (!returned) await terminate(watcher, [committer.pid]);
      }
      await commit;
      return seen;
    });
  });
}
