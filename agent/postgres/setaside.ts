import { chown, mkdir, readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { succeed } from '../command';
import { onDisk } from '../disk';
import { isMissing, renameDurably } from '../durable';
import type { PostgresContext } from './context';
import { PostgresRefused } from './errors';
import { forgetNotes } from './timelines';

/** Removing takes as long as the disk needs for that many files. */
const REMOVE_MS = 600_000;

/**
 * Ends the name of a directory that may hold the only copy of commits that an operator has given up: it is nobody's but
 * the operator's to remove.
 */
export const GIVEN_UP = '.given-up';

/** Renames the data directory of a stopped server to `aside/<name>`, durably. Undefined when there is none, or nothing in it. */
export async function setAside(ctx: PostgresContext, name: string): Promise<string | undefined> {
  const { data, aside } = ctx.layout;
  if (!/^[A-Za-z0-9_.:-]+$/.test(name) || name.startsWith('.')) {
    throw new PostgresRefused(`"${name}" cannot name a directory that is set aside.`);
  }
  if (await ctx.service.hasProcess()) throw new PostgresRefused('PostgreSQL still has a process; stop it first.');
  if (!(await exists(data)) || (await isEmpty(data))) return undefined;
  await onDisk(`Making ${aside}`, async () => {
    await mkdir(aside, { recursive: true, mode: 0o700 });
    await chown(aside, ctx.user.uid, ctx.user.gid);
  });
  const place = join(aside, name);
  if (await exists(place)) throw new PostgresRefused(`${place} is there already.`);
  await renameDurably(data, place);
  await forgetNotes(ctx);
  return place;
}

/** What a directory takes on the disk; nothing when it is not there. */
export async function occupiedBytes(directory: string): Promise<number> {
  if (!(await exists(directory))) return 0;
  const { stdout } = await succeed('du', ['--summarize', '--bytes', directory], { timeoutMs: REMOVE_MS });
  return Number.parseInt(stdout, 10);
}

/** Whether a directory that was set aside under this name may go: the record proves that it was superseded. */
export type MayGo = (name: string) => boolean;

/**
 * Removes directories set aside that may go, oldest first, until `wantedBytes` are free or none is left; their names.
 * Those whose name ends in {@link GIVEN_UP} stay.
 */
export async function pruneAside(ctx: PostgresContext, wantedBytes: number, mayGo: MayGo): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const name of await oldestFirst(ctx)) {
    if ((await freeBytes(ctx)) >= wantedBytes) break;
    if (!mayGo(name)) continue;
    const place = join(ctx.layout.aside, name);
    await onDisk(`Removing ${place}`, () => rm(place, { recursive: true, force: true }), REMOVE_MS);
    removed.push(name);
  }
  return removed;
}

/** What the directories take that are set aside and may go. Counts every file: asked only when room is short. */
export async function removableBytes(ctx: PostgresContext, mayGo: MayGo): Promise<number> {
  let bytes = 0;
  for (const name of (await oldestFirst(ctx)).filter(mayGo)) bytes += await occupiedBytes(join(ctx.layout.aside, name));
  return bytes;
}

/** By the last change of the directory's own entry, which the renaming does not touch but its server's last stop did. */
async function oldestFirst(ctx: PostgresContext): Promise<readonly string[]> {
  const { aside } = ctx.layout;
  if (!(await exists(aside))) return [];
  const names = (await onDisk(`Listing ${aside}`, () => readdir(aside))).filter((name) => !name.endsWith(GIVEN_UP));
  const dated = await Promise.all(
    names.map(async (name) => ({
      name,
      at: (await onDisk(`Looking at ${name}`, () => stat(join(aside, name)))).ctimeMs,
    })),
  );
  return dated.sort((left, right) => left.at - right.at).map(({ name }) => name);
}

export async function freeBytes(ctx: PostgresContext): Promise<number> {
  return (await spaceOf(ctx)).freeBytes;
}

export async function spaceOf(
  ctx: PostgresContext,
): Promise<{ readonly freeBytes: number; readonly totalBytes: number }> {
  const { bsize, bavail, blocks } = await onDisk(`Measuring ${ctx.layout.volume}`, () => statfs(ctx.layout.volume));
  return { freeBytes: bsize * bavail, totalBytes: bsize * blocks };
}

async function exists(path: string): Promise<boolean> {
  try {
    await onDisk(`Looking at ${path}`, () => stat(path));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function isEmpty(directory: string): Promise<boolean> {
  return (await onDisk(`Listing ${directory}`, () => readdir(directory))).length === 0;
}
