import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseLsn, formatLsn, type Lsn } from '../../core/lsn';
import { run, type CommandResult } from '../command';
import { onDisk } from '../disk';
import type { PostgresContext } from './context';
import { PostgresError, PostgresRefused } from './errors';
import { withSession, type Session } from './session';
import { together } from '../together';
import { until, type WaitOptions } from './wait';

export interface EndOfReplay {
  readonly timeline: number;
  readonly lsn: Lsn;
}

/**
 * The end of replay when it is proved that pg_wal holds no further record; undefined while it is not (protocol S4).
 *
 * Needs a detached upstream: then WAL does not grow any more, so a position behind which the disk holds no valid record
 * is the end, however long replay takes to notice. Neither the received position nor any wait event proves that.
 *
 * @throws PostgresRefused when the server is not in recovery, or a receiver is left
 */
export async function endOfReplay(ctx: PostgresContext): Promise<EndOfReplay | undefined> {
  return withSession(ctx, { purpose: 'observe', replication: true }, (session) => provenEnd(ctx, session));
}

/**
 * Polls {@link endOfReplay}, once `after` has come about: the detaching, while which a session is made already.
 *
 * @throws PostgresTimeout, PostgresRefused when the server is not in recovery, and what `after` is rejected with
 */
export async function waitForEndOfReplay(
  ctx: PostgresContext,
  { after, ...options }: WaitOptions & { readonly after?: Promise<unknown> } = {},
): Promise<EndOfReplay> {
  const waiting = withSession(ctx, { purpose: 'observe', replication: true }, async (session) => {
    await after;
    return until('replay to reach the end of the WAL', options, () => provenEnd(ctx, session));
  });
  // Whatever became of the session: nothing goes on behind a failure.
  const [, end] = await together(after ?? Promise.resolve(), waiting);
  return end;
}

/** Identity of a timeline's first record: the time in its END_OF_RECOVERY. Undefined when that WAL is not here any more. */
export async function firstRecord(ctx: PostgresContext, timeline: number, forkLsn: Lsn): Promise<string | undefined> {
  const segments = await segmentsIn(ctx);
  if (!segments.has(segmentName(timeline, forkLsn, DEFAULT_SEGMENT_BYTES))) return undefined;
  // A changed full_page_writes would come before it; nothing else does.
  const { stdout } = await dump(ctx, segments, timeline, forkLsn, 3);
  const match = new RegExp(`END_OF_RECOVERY tli ${timeline}; prev tli \\d+; time ([^;\\n]+)`).exec(stdout);
  return match?.[1]?.trim();
}

/** initdb's default, and initdb is this agent's. */
const DEFAULT_SEGMENT_BYTES = 16n * 1024n * 1024n;

async function provenEnd(ctx: PostgresContext, session: Session): Promise<EndOfReplay | undefined> {
  const before = await position(session);
  if (before === undefined) return undefined;
  if (await hasRecordAfter(ctx, before)) return undefined;
  // The timeline is read before the position: only when both are still the same do they belong together.
  const after = await position(session);
  return after?.lsn === before.lsn && after.timeline === before.timeline ? before : undefined;
}

async function position(session: Session): Promise<EndOfReplay | undefined> {
  const [identified] = await session.query('IDENTIFY_SYSTEM');
  const [row] = await session.query(
    `select pg_is_in_recovery() as recovery, pg_last_wal_replay_lsn() as lsn,
       (select count(*) from pg_stat_activity where backend_type = 'walreceiver')::int as receivers`,
  );
  if (row?.['recovery'] !== true) throw new PostgresRefused('PostgreSQL is not in recovery: nothing is replayed.');
  if (row['receivers'] !== 0) {
    throw new PostgresRefused('A WAL receiver is left: the end of the WAL can move. Detach the upstream first.');
  }
  const { lsn } = row;
  if (typeof lsn !== 'string') return undefined;
  return { timeline: Number(identified?.['timeline']), lsn: parseLsn(lsn) };
}

/**
 * A record may stand on a newer timeline than the one replayed so far: a standby flushes and acknowledges what follows a
 * fork before it has replayed the fork. So every timeline of which pg_wal has that segment is asked.
 */
async function hasRecordAfter(ctx: PostgresContext, end: EndOfReplay): Promise<boolean> {
  const segments = await segmentsIn(ctx);
  const position = segmentName(end.timeline, end.lsn, DEFAULT_SEGMENT_BYTES).slice(8);
  const timelines = [...segments]
    .filter((name) => name.slice(8) === position)
    .map((name) => parseInt(name.slice(0, 8), 16))
    .filter((timeline) => timeline >= end.timeline);
  // At a segment's start the next segment may not have been made: nothing follows then. In its middle it must be here.
  if (!timelines.includes(end.timeline) && end.lsn % DEFAULT_SEGMENT_BYTES !== 0n) {
    throw new PostgresError(`The WAL segment of the end of replay, ${formatLsn(end.lsn)}, is not in pg_wal.`);
  }
  for (const timeline of timelines) {
    const result = await dump(ctx, segments, timeline, end.lsn, 1);
    if (result.code === 0) return true;
    // Made ahead and never written: without a header no record can begin in it.
    if (result.stderr.includes('invalid WAL segment size') && end.lsn % DEFAULT_SEGMENT_BYTES === 0n) continue;
    if (!result.stderr.includes('could not find a valid record after')) {
      throw new PostgresError(`pg_waldump could not read timeline ${timeline}: ${result.stderr.trim()}`);
    }
  }
  return false;
}

/**
 * Records from `from` on. The segment is named, up to the last one that continues it: without a name pg_waldump learns the
 * size of segments from any file of the directory, and one that was made ahead is empty and has none.
 */
async function dump(
  ctx: PostgresContext,
  segments: ReadonlySet<string>,
  timeline: number,
  from: Lsn,
  records: number,
): Promise<CommandResult> {
  const first = segmentName(timeline, from);
  let last = first;
  for (let ahead = 1n; ; ahead += 1n) {
    const next = segmentName(timeline, (from + ahead * DEFAULT_SEGMENT_BYTES) as Lsn);
    if (!segments.has(next)) break;
    last = next;
  }
  const names = last === first ? [first] : [first, last];
  return run(
    join(ctx.binDirectory, 'pg_waldump'),
    ['-p', join(ctx.layout.data, 'pg_wal'), '-s', formatLsn(from), '-n', String(records), ...names],
    // Times are printed in the zone of the environment, and one is an identity.
    { timeoutMs: 10_000, user: ctx.user, environment: { LC_ALL: 'C', TZ: 'UTC' } },
  );
}

async function segmentsIn(ctx: PostgresContext): Promise<ReadonlySet<string>> {
  const directory = join(ctx.layout.data, 'pg_wal');
  const names = await onDisk(`Listing ${directory}`, () => readdir(directory));
  return new Set(names.filter((name) => /^[0-9A-F]{24}$/.test(name)));
}

/** Timeline, then the segment's number in two halves. */
export function segmentName(timeline: number, lsn: Lsn, segmentBytes = DEFAULT_SEGMENT_BYTES): string {
  const perHalf = 0x1_0000_0000n / segmentBytes;
  const segment = lsn / segmentBytes;
  return [BigInt(timeline), segment / perHalf, segment % perHalf]
    .map((part) => part.toString(16).toUpperCase().padStart(8, '0'))
    .join('');
}
