import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UNKNOWN_FIRST_RECORD, type Ancestor } from '../../core/lineage';
import { formatLsn, parseLsn, ZERO_LSN } from '../../core/lsn';
import { onDisk } from '../disk';
import { readIfPresent, removeDurably, writeDurably } from '../durable';
import type { PostgresContext } from './context';
import { PostgresError, PostgresRefused } from './errors';
import { withSession, type Session } from './session';
import { firstRecord } from './wal';

const RESERVED = '# reserved by holdfast\n';

const notesSchema = z.array(
  z.object({
    timeline: z.number().int(),
    forkLsn: z.string().transform((text) => parseLsn(text)),
    firstRecord: z.string(),
  }),
);

/**
 * The timelines that the data went through, oldest first, ending with `timeline` (the server's own unless told). From
 * the history file; first records from the notes, else from the WAL, and noted then.
 */
export async function ancestry(ctx: PostgresContext, timeline?: number): Promise<readonly Ancestor[]> {
  const own = timeline ?? (await currentTimeline(ctx));
  const forks = await history(ctx, own);
  const notes = await readNotes(ctx);
  const ancestors: Ancestor[] = [];
  let learned = false;
  for (const fork of forks) {
    const noted = notes.find((note) => note.timeline === fork.timeline && note.forkLsn === fork.forkLsn);
    const found = noted?.firstRecord ?? (await look(ctx, fork));
    learned ||= noted === undefined && found !== UNKNOWN_FIRST_RECORD;
    ancestors.push({ ...fork, firstRecord: found });
  }
  if (learned) {
    await replaceNotes(
      ctx,
      ancestors.filter((ancestor) => ancestor.firstRecord !== UNKNOWN_FIRST_RECORD),
    );
  }
  return ancestors;
}

/** After a clone or a rewind: the notes are the recorded lineage of the source. */
export async function replaceNotes(ctx: PostgresContext, ancestors: readonly Ancestor[]): Promise<void> {
  const notes = ancestors.map(({ timeline, forkLsn, firstRecord }) => ({
    timeline,
    forkLsn: formatLsn(forkLsn),
    firstRecord,
  }));
  await writeDurably(ctx.layout.state.ancestry, `${JSON.stringify(notes)}\n`);
}

/** Before the data directory becomes another one: notes of the old one would speak for the new one. */
export async function forgetNotes(ctx: PostgresContext): Promise<void> {
  await removeDurably(ctx.layout.state.ancestry);
}

/**
 * Writes comment-only history files for every number between the server's timeline and `timeline`, so that a promotion
 * makes exactly that one: PostgreSQL takes the first number without a history file (protocol S6). Without gaps, since
 * followers later ask for every number in between.
 *
 * `current`: the server's own. @throws PostgresRefused when `timeline` has a history already, or is not newer
 */
export async function reserveTimelines(ctx: PostgresContext, timeline: number, current: number): Promise<void> {
  if (timeline <= current)
    throw new PostgresRefused(`Timeline ${timeline} is not newer than ${current}, the server's own.`);
  if ((await readIfPresent(historyPath(ctx, timeline))) !== undefined) {
    throw new PostgresRefused(`Timeline ${timeline} was already made: its history is in pg_wal.`);
  }
  for (let number = current + 1; number < timeline; number += 1) {
    const path = historyPath(ctx, number);
    if ((await readIfPresent(path)) === undefined) await writeDurably(path, RESERVED, { owner: ctx.user });
  }
}

/**
 * Removes reserved history files that are newer than the newest real one: with them PostgreSQL would recover for ever,
 * looking for a timeline that nobody made. A standby that runs with them follows a later promotion all the same.
 */
export async function releaseTimelines(ctx: PostgresContext): Promise<void> {
  const directory = join(ctx.layout.data, 'pg_wal');
  const names = await onDisk(`Listing ${directory}`, () => readdir(directory));
  const newestFirst = names
    .filter((name) => /^[0-9A-F]{8}\.history$/.test(name))
    .sort()
    .reverse();
  for (const name of newestFirst) {
    if ((await readIfPresent(join(directory, name))) !== RESERVED) return;
    await removeDurably(join(directory, name));
  }
}

/** Of replay on a standby, of writing on a primary (protocol S4). */
export async function currentTimeline(ctx: PostgresContext): Promise<number> {
  return withSession(ctx, { purpose: 'observe', replication: true }, timelineIn);
}

/** {@link currentTimeline}, in a session that speaks replication commands. */
export async function timelineIn(session: Session): Promise<number> {
  const [identified] = await session.query('IDENTIFY_SYSTEM');
  return Number(identified?.['timeline']);
}

type Fork = Omit<Ancestor, 'firstRecord'>;

/** Each line of a history file: a timeline, and where the next one leaves it. */
async function history(ctx: PostgresContext, timeline: number): Promise<readonly Fork[]> {
  if (timeline === 1) return [{ timeline: 1, forkLsn: ZERO_LSN }];
  const text = await readIfPresent(historyPath(ctx, timeline));
  if (text === undefined) throw new PostgresError(`The history of timeline ${timeline} is not in pg_wal.`);
  const forks: Fork[] = [];
  let forkLsn = ZERO_LSN;
  for (const line of text.split('\n')) {
    const match = /^\s*(\d+)\s+([0-9A-Fa-f]+\/[0-9A-Fa-f]+)/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    forks.push({ timeline: Number(match[1]), forkLsn });
    forkLsn = parseLsn(match[2]);
  }
  return [...forks, { timeline, forkLsn }];
}

async function look(ctx: PostgresContext, fork: Fork): Promise<string> {
  // initdb's timeline is identified by the system identifier.
  if (fork.timeline === 1) return '';
  return (await firstRecord(ctx, fork.timeline, fork.forkLsn)) ?? UNKNOWN_FIRST_RECORD;
}

async function readNotes(ctx: PostgresContext): Promise<readonly Ancestor[]> {
  const text = await readIfPresent(ctx.layout.state.ancestry);
  return text === undefined ? [] : notesSchema.parse(JSON.parse(text));
}

function historyPath(ctx: PostgresContext, timeline: number): string {
  const name = `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;
  return join(ctx.layout.data, 'pg_wal', name);
}
