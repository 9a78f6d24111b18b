import { z } from 'zod';
import { parseLsn, type Lsn } from '../../core/lsn';
import type { Session } from './session';

/** One walsender, as its row in shared memory says. */
export interface SenderRow {
  readonly member: string;
  readonly pid: number;
  readonly sentLsn: Lsn | null;
  readonly flushLsn: Lsn | null;
  /** Written by this walsender itself when it takes over the names (protocol S2). */
  readonly syncPriority: number;
}

const lsn = z
  .string()
  .transform((text): Lsn => parseLsn(text))
  .nullable();

const schema = z.object({
  member: z.string(),
  pid: z.number().int(),
  sentLsn: lsn,
  flushLsn: lsn,
  syncPriority: z.number().int(),
});

/** The walsenders of `members`; of everybody when none is named. */
export async function rowsOf(session: Session, members: readonly string[]): Promise<readonly SenderRow[]> {
  const rows = await session.query(
    `select application_name as "member", pid, sent_lsn as "sentLsn", flush_lsn as "flushLsn",
       sync_priority as "syncPriority"
     from pg_stat_replication where cardinality($1::text[]) = 0 or application_name = any ($1)`,
    [members],
  );
  return rows.map((row) => schema.parse(row));
}

export function sent(row: SenderRow, lsn: Lsn): boolean {
  return row.sentLsn !== null && row.sentLsn >= lsn;
}

export async function terminate(session: Session, pids: readonly number[]): Promise<void> {
  await session.query('select pg_terminate_backend(pid) from unnest($1::int[]) as pid', [pids]);
}
