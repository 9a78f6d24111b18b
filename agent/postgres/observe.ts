import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseLsn, type Lsn } from '../../core/lsn';
import { parseMember, type Member } from '../../core/member';
import { onDisk } from '../disk';
import { isMissing } from '../durable';
import { shipped } from './configuration';
import type { PostgresContext } from './context';
import { PostgresDown, PostgresFrozen, PostgresSqlError, PostgresSessionLost, PostgresStarting } from './errors';
import type { PostgresObservation, PostgresUp, ReplicationRow } from './observation';
import { withSession, type Session } from './session';

export interface ObserveOptions {
  readonly connectTimeoutMs?: number;
  readonly queryTimeoutMs?: number;
}

const lsn = z.string().transform((text): Lsn => parseLsn(text));
const count = z.number().int();

const schema = z.object({
  inRecovery: z.boolean(),
  lsn,
  insertLsn: lsn.nullable(),
  receivedLsn: lsn.nullable(),
  uptimeMs: count,
  replayPaused: z.boolean(),
  replayHeld: z.boolean(),
  receiverPids: z.array(count),
  receiver: z
    .object({
      pid: count,
      streaming: z.boolean(),
      flushedLsn: lsn.nullable(),
      timeline: count.nullable(),
      lastMessageAgeMs: count.nullable(),
      slotName: z.string().nullable(),
      senderHost: z.string().nullable(),
    })
    .nullable(),
  replication: z.array(
    z.object({
      applicationName: z.string(),
      pid: count,
      state: z.enum(['startup', 'catchup', 'streaming', 'backup', 'stopping']),
      sentLsn: lsn.nullable(),
      flushLsn: lsn.nullable(),
      replayLsn: lsn.nullable(),
      syncPriority: count,
      replyAgeMs: count.nullable(),
    }),
  ),
  slots: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['physical', 'logical']),
      activePid: count.nullable(),
      temporary: z.boolean(),
      restartLsn: lsn.nullable(),
      walStatus: z.enum(['reserved', 'extended', 'unreserved', 'lost']).nullable(),
      failover: z.boolean(),
      synced: z.boolean(),
    }),
  ),
  shown: z.object({
    primaryConninfo: z.string(),
    primarySlotName: z.string(),
    synchronousStandbyNames: z.string(),
  }),
});

const identity = z.object({ systemid: z.string(), timeline: z.coerce.number().int() });

/** One look, over a fresh connection. Never takes longer than its two timeouts, twice. */
export async function observe(ctx: PostgresContext, options: ObserveOptions = {}): Promise<PostgresObservation> {
  const sql = await shipped(ctx, 'observe.sql');
  const look = (): Promise<PostgresUp> =>
    withSession(ctx, { ...options, purpose: 'observe', replication: true }, (session) => lookOnce(session, sql));
  try {
    try {
      return await look();
    } catch (error) {
      // Ended under the look, or between two states (a promotion): the second look sees only the new one.
      if (error instanceof PostgresSessionLost || error instanceof PostgresSqlError) return await look();
      throw error;
    }
  } catch (error) {
    if (error instanceof PostgresDown) return { state: (await hasDirectory(ctx)) ? 'down' : 'absent' };
    if (error instanceof PostgresStarting) return { state: 'starting', reason: error.message };
    if (error instanceof PostgresFrozen) return { state: 'frozen', reason: error.message };
    if (error instanceof PostgresSqlError || error instanceof PostgresSessionLost) {
      return { state: 'refusing', reason: error.message };
    }
    throw error;
  }
}

/**
 * A standby may pass a fork between the two questions. Its position would then seem to lie on the timeline that it has
 * left, behind the fork, as if it had diverged: what it says counts only when the timeline is the same before and after.
 */
async function lookOnce(session: Session, sql: string): Promise<PostgresUp> {
  const identify = async (): Promise<z.infer<typeof identity>> =>
    identity.parse((await session.query('IDENTIFY_SYSTEM'))[0]);
  let { systemid, timeline } = await identify();
  let [row] = await session.query(sql);
  for (let after = await identify(); after.timeline !== timeline; after = await identify()) {
    ({ systemid, timeline } = after);
    [row] = await session.query(sql);
  }
  const seen = schema.parse(row?.['observation']);
  const { replication, ...facts } = seen;
  return { state: 'up', systemId: systemid, timeline, ...facts, replication: replication.flatMap(ofMember) };
}

/** Clones, other consumers and the agent itself, which looks as a walsender, are not members. */
function ofMember(row: z.infer<typeof schema>['replication'][number]): ReplicationRow[] {
  const { applicationName, ...rest } = row;
  const member = memberOrNot(applicationName);
  return member === undefined ? [] : [{ member, ...rest }];
}

function memberOrNot(name: string): Member | undefined {
  try {
    return parseMember(name);
  } catch {
    return undefined;
  }
}

/** While nobody answers, an unreadable disk is no reason to say that there is nothing. */
async function hasDirectory(ctx: PostgresContext): Promise<boolean> {
  const path = join(ctx.layout.data, 'PG_VERSION');
  try {
    await onDisk(`Looking for ${path}`, () => access(path), 1_000);
    return true;
  } catch (error) {
    return !isMissing(error);
  }
}
