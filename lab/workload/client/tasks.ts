import type { Outcome, ServerIdentity } from '../history';
import type { Recorder } from './recorder';
import { Lost, Refused, type Session } from './session';

/** Who works, for the record. */
export interface Worker {
  readonly client: string;
  readonly route: string;
  readonly recorder: Recorder;
}

/** One operation on a session, recorded whatever becomes of it. Never throws because of the database. */
export type Task = (session: Session) => Promise<void>;

export const REGISTERS = ['x', 'y'] as const;

/** Appends to the set; the number is used up even when nothing is known of it. */
export function inserting(worker: Worker): Task {
  let n = 0;
  return async (session) => {
    n += 1;
    const written = await write(worker, session, 'insert into holdfast_workload.inserted (writer, n) values ($1, $2)', [
      worker.client,
      n,
    ]);
    worker.recorder.write({ kind: 'insert', ...written, writer: worker.client, n });
  };
}

/** Overwrites the registers in turn, each time with a value never used before. */
export function putting(worker: Worker): Task {
  let n = 0;
  return async (session) => {
    n += 1;
    const key = REGISTERS[n % REGISTERS.length] ?? REGISTERS[0];
    const value = `${worker.client}:${n}`;
    const written = await write(worker, session, 'update holdfast_workload.register set value = $2 where key = $1', [
      key,
      value,
    ]);
    worker.recorder.write({ kind: 'put', ...written, key, value });
  };
}

const GET = 'select value from holdfast_workload.register where key = $1';
/** A transactional message is WAL and gives the transaction an id: its commit waits for the quorum like any write. */
const SYNCHRONOUS_GET = `select value, pg_logical_emit_message(true, 'holdfast_workload', '') from holdfast_workload.register where key = $1`;

export function getting(worker: Worker, synchronous: boolean): Task {
  let n = 0;
  return async (session) => {
    n += 1;
    const key = REGISTERS[n % REGISTERS.length] ?? REGISTERS[0];
    const found = await read<{ value: string }>(worker, session, synchronous ? SYNCHRONOUS_GET : GET, [key]);
    if (found === undefined) return;
    const [row] = found.rows;
    if (row === undefined) throw new Error(`The register ${key} is gone.`);
    worker.recorder.write({ kind: 'get', ...found.when, key, value: row.value, synchronous });
  };
}

export const SCAN = `
  select writer, range_agg(int8range(n, n, '[]'))::text as ranges from holdfast_workload.inserted group by writer`;

export function scanning(worker: Worker): Task {
  return async (session) => {
    const found = await read<{ writer: string; ranges: string }>(worker, session, SCAN, []);
    if (found === undefined) return;
    const rows = Object.fromEntries(found.rows.map(({ writer, ranges }) => [writer, ranges]));
    worker.recorder.write({ kind: 'scan', ...found.when, rows });
  };
}

interface When {
  readonly client: string;
  readonly route: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly server: ServerIdentity;
}

async function write(
  { client, route, recorder }: Worker,
  session: Session,
  text: string,
  values: readonly unknown[],
): Promise<When & { readonly outcome: Outcome; readonly why?: string }> {
  const { server } = session;
  const startMs = recorder.now();
  const ended = (outcome: Outcome, error?: Error) => ({
    ...{ client, route, startMs, endMs: recorder.now(), server, outcome },
    ...(error === undefined ? {} : { why: error.message }),
  });
  try {
    await session.execute(text, values);
    return ended('ok');
  } catch (error) {
    if (error instanceof Refused) return ended('failed', error);
    if (error instanceof Lost) return ended('unknown', error);
    throw error;
  }
}

/** Undefined when it was not answered: then it says nothing. */
async function read<Row extends object>(
  { client, route, recorder }: Worker,
  session: Session,
  text: string,
  values: readonly unknown[],
): Promise<{ readonly rows: Row[]; readonly when: When } | undefined> {
  const { server } = session;
  const startMs = recorder.now();
  try {
    const rows = await session.execute<Row & Record<string, unknown>>(text, values);
    return { rows, when: { client, route, startMs, endMs: recorder.now(), server } };
  } catch (error) {
    if (error instanceof Refused || error instanceof Lost) return undefined;
    throw error;
  }
}
