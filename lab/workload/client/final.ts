import type { FinalRead } from '../history';
import type { ConnectionSettings } from './environment';
import { pause } from './pause';
import { hostsAtOnce } from './route';
import { Session } from './session';
import { SCAN } from './tasks';

const READ_TIMEOUT_MS = 30_000;
const RETRY_MS = 200;

/**
 * What every host holds: the primary first, then each other one as soon as it has replayed everything that the primary
 * had when it was read. @throws Error when a host does not come that far before `over`
 */
export async function finalReads(settings: ConnectionSettings, over: AbortSignal): Promise<FinalRead[]> {
  const primary = await hostsAtOnce({ settings, operationTimeoutMs: READ_TIMEOUT_MS }).open(over);
  if (primary === undefined) throw new Error('There is no primary to read from.');
  try {
    const first = await readAll(primary);
    const lsn = await position(primary, 'pg_current_wal_flush_lsn()');
    const others = settings.hosts.filter((host) => host !== primary.host);
    return [first, ...(await Promise.all(others.map((host) => readWhenThere(settings, host, lsn, over))))];
  } finally {
    primary.close();
  }
}

async function readWhenThere(
  settings: ConnectionSettings,
  host: string,
  lsn: string,
  over: AbortSignal,
): Promise<FinalRead> {
  let trouble = 'it was not asked';
  while (!over.aborted) {
    let session: Session | undefined;
    try {
      session = await Session.open({ settings, operationTimeoutMs: READ_TIMEOUT_MS, route: 'final' }, host);
      const reached = session.timeline === null ? await position(session, 'pg_last_wal_replay_lsn()') : lsn;
      if (isAtLeast(reached, lsn)) return await readAll(session);
      trouble = `it has replayed to ${reached} of ${lsn}`;
    } catch (error) {
      trouble = String(error);
    } finally {
      session?.close();
    }
    await pause(RETRY_MS, over);
  }
  throw new Error(`${host} does not have everything: ${trouble}`);
}

async function readAll(session: Session): Promise<FinalRead> {
  const { host, address, timeline } = session;
  const rows = await session.execute<{ writer: string; ranges: string }>(SCAN);
  const registers = await session.execute<{ key: string; value: string }>(
    'select key, value from holdfast_workload.register',
  );
  return {
    ...{ host, address, timeline, inRecovery: timeline === null },
    rows: Object.fromEntries(rows.map(({ writer, ranges }) => [writer, ranges])),
    registers: Object.fromEntries(registers.map(({ key, value }) => [key, value])),
  };
}

async function position(
  session: Session,
  expression: 'pg_current_wal_flush_lsn()' | 'pg_last_wal_replay_lsn()',
): Promise<string> {
  const [row] = await session.execute<{ lsn: string | null }>(`select ${expression}::text as lsn`);
  return row?.lsn ?? '0/0';
}

function isAtLeast(reached: string, wanted: string): boolean {
  return valueOf(reached) >= valueOf(wanted);
}

function valueOf(lsn: string): bigint {
  const [high = '', low = ''] = lsn.split('/');
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}
