import { mayDiscard } from '../../core/discard';
import { parseMember } from '../../core/member';
import type { ClusterRecord, PrimaryPlace } from '../../core/record';
import { upstreamOf, type Node } from '../node';
import { PostgresRefused } from '../postgres/errors';
import { sizeOf } from '../postgres/feed';
import { freeBytes, occupiedBytes, pruneAside, removableBytes, spaceOf, type MayGo } from '../postgres/setaside';

/** The source grows while it is copied, and the write-ahead log of that time is copied too. */
const GROWTH = 1.1;
const LOG_BYTES = 96 * 1024 * 1024;

/** A name that a directory is set aside under begins with its member. */
const MEMBER_OF = /^([a-z]_[a-z0-9]+)-/;

/**
 * Which of the directories that were set aside the record proves superseded. Whose it was must be known: one without a
 * member's name stays until an operator removes it.
 */
export function mayGo(record: ClusterRecord): MayGo {
  return (name) => {
    const member = MEMBER_OF.exec(name)?.[1];
    return member !== undefined && mayDiscard(record, parseMember(member));
  };
}

/** Bytes that a copy of the primary needs on this volume. */
export async function roomFor(node: Node, from: PrimaryPlace): Promise<number> {
  return Math.ceil((await sizeOf(node.postgres, upstreamOf(node, from))) * GROWTH) + LOG_BYTES;
}

/**
 * Asked before anything is moved: a clone that cannot fit, even when all that may go has gone, would only cost what is
 * kept aside. `keeps`: the data directory stays, whatever happens.
 *
 * @throws PostgresRefused that tells how much is missing
 */
export async function insistOnRoom(
  node: Node,
  neededBytes: number,
  record: ClusterRecord,
  keeps = false,
): Promise<void> {
  const { postgres } = node;
  const free = await freeBytes(postgres);
  if (free >= neededBytes) return;
  // Of one that nobody knows: likewise.
  const stays = keeps || node.identity.current() === undefined;
  const own = stays ? 0 : await occupiedBytes(postgres.layout.data);
  const possible = free + own + (await removableBytes(postgres, mayGo(record)));
  if (possible >= neededBytes) return;
  throw new PostgresRefused(
    `A clone needs ${gigabytes(neededBytes)} on this volume, and at most ${gigabytes(possible)} can be had. ` +
      `Raise the storage of the cluster, or remove from ${postgres.layout.aside} what nobody needs.`,
  );
}

/** Gives up what was set aside, oldest first, as far as the room is needed. */
export async function makeRoom(node: Node, neededBytes: number, record: ClusterRecord): Promise<void> {
  const removed = await pruneAside(node.postgres, neededBytes, mayGo(record));
  if (removed.length > 0) node.log.warning('set-aside-removed', { removed });
}

/** Once less than this share of the volume is free, what was set aside goes, oldest first. */
const SHORT = 0.1;

/** Asked now and then: what is kept aside must not fill the volume under PostgreSQL. */
export async function giveUpWhenShort(node: Node): Promise<void> {
  const record = node.watch.lastSeen();
  if (record === undefined) return;
  await makeRoom(node, (await spaceOf(node.postgres)).totalBytes * SHORT, record);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
