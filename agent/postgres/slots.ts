import type { Member } from '../../core/member';
import type { PostgresContext } from './context';
import { withActing, withSession, type Session } from './session';
import { until, type WaitOptions } from './wait';

/** Slots of members, by the form of their names (core/member.ts). */
const MEMBER_SLOT = "slot_type = 'physical' and not temporary and slot_name ~ '^[a-z]_[a-z0-9]{8,32}$'";

/**
 * On the primary: exactly one physical slot for each of `members`; those of other members are dropped, a walsender on
 * them ended. Slots that are not members' stay.
 *
 * One slot for each member is what keeps a standby from counting twice: a second stream on it is refused while the
 * first one's walsender lives (protocol S8).
 */
export async function ensureMemberSlots(
  ctx: PostgresContext,
  members: readonly Member[],
  options: WaitOptions = {},
): Promise<void> {
  await withSession(ctx, {}, async (session) => {
    // Its WAL is gone, so nobody can stream through it any more; its member can once it is made anew.
    await drop(session, `${MEMBER_SLOT} and wal_status = 'lost'`, options);
    await session.query(
      `select pg_create_physical_replication_slot(name, true) from unnest($1::text[]) as name
       where not exists (select from pg_replication_slots where slot_name = name)`,
      [members],
    );
    await drop(session, `${MEMBER_SLOT} and slot_name <> all ('{${members.join(',')}}')`, options);
  });
}

/** On a standby: drops what it had as a primary: physical slots, and logical ones that are not copies (protocol L10). */
export async function dropFormerSlots(
  ctx: PostgresContext,
  options: WaitOptions & { readonly through?: Session } = {},
): Promise<void> {
  await withActing(ctx, options.through, (session) =>
    drop(session, 'pg_is_in_recovery() and not temporary and not synced', options),
  );
}

async function drop(session: Session, which: string, options: WaitOptions): Promise<void> {
  await until('replication slots to be dropped', options, async () => {
    if ((await session.query(`select from pg_replication_slots where ${which}`)).length === 0) return true;
    await session.query(
      `select pg_terminate_backend(active_pid) from pg_replication_slots where ${which} and active_pid is not null`,
    );
    await session.query(
      `select pg_drop_replication_slot(slot_name) from pg_replication_slots where ${which} and active_pid is null`,
    );
    return false;
  });
}
