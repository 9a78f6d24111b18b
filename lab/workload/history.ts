import { z } from 'zod';

/**
 * What the workload's clients did and saw, one JSON object a line. All times are milliseconds of one monotonic clock,
 * since all clients run in one process: an operation took effect, if it did, between its start and its end.
 */

/**
 * What became of an operation. `failed`: PostgreSQL refused it, so it has no effect. `unknown`: it was sent and no
 * trustworthy answer came; it may have taken effect, or may still do so at any later time.
 */
const outcome = z.enum(['ok', 'failed', 'unknown']);
export type Outcome = z.infer<typeof outcome>;

/** The server behind a connection, as it named itself when the connection was made. Neither can change under it. */
const server = z.object({ address: z.string(), timeline: z.number().int() });
export type ServerIdentity = z.infer<typeof server>;

const operation = {
  /** The worker; unique in a history. */
  client: z.string(),
  /** How it finds the primary. */
  route: z.string(),
  startMs: z.number(),
  endMs: z.number(),
  server,
};

/** Row `n` of `writer`: an append to a set. */
const insert = z.object({
  kind: z.literal('insert'),
  ...operation,
  writer: z.string(),
  n: z.number(),
  outcome,
  why: z.string().optional(),
});
export type Insert = z.infer<typeof insert>;

/** A new value of a register. */
const put = z.object({
  kind: z.literal('put'),
  ...operation,
  key: z.string(),
  value: z.string(),
  outcome,
  why: z.string().optional(),
});
export type Put = z.infer<typeof put>;

/**
 * A register's value. `synchronous`: the reading transaction also wrote, so that it was answered only after its commit
 * was acknowledged; a plain read may be stale for the seconds in which a cut-off primary has not noticed it yet.
 */
const get = z.object({
  kind: z.literal('get'),
  ...operation,
  key: z.string(),
  value: z.string(),
  synchronous: z.boolean(),
});
export type Get = z.infer<typeof get>;

/** Writer → its rows, as PostgreSQL's text of an int8multirange: `{[1,58),[59,61)}`. */
const rows = z.record(z.string(), z.string());

/** A plain read of the whole set. */
const scan = z.object({ kind: z.literal('scan'), ...operation, rows });
export type Scan = z.infer<typeof scan>;

const connected = z.object({
  kind: z.literal('connected'),
  client: z.string(),
  route: z.string(),
  atMs: z.number(),
  tookMs: z.number(),
  host: z.string(),
  server,
});
export type Connected = z.infer<typeof connected>;
/** A connection that had worked was given up. */
const lost = z.object({
  kind: z.literal('lost'),
  client: z.string(),
  route: z.string(),
  atMs: z.number(),
  why: z.string(),
});
export type Lost = z.infer<typeof lost>;

/** `epochMs`: wall clock, milliseconds since 1970, at time 0 of this history; for people and for lining up with events. */
const begin = z.object({ kind: z.literal('begin'), epochMs: z.number() });
/** Every operation that was begun is recorded above. */
const end = z.object({ kind: z.literal('end'), atMs: z.number() });

const entry = z.discriminatedUnion('kind', [begin, connected, lost, insert, put, get, scan, end]);
export type Entry = z.infer<typeof entry>;

export interface History {
  readonly epochMs: number;
  readonly endMs: number;
  readonly inserts: readonly Insert[];
  readonly puts: readonly Put[];
  readonly gets: readonly Get[];
  readonly scans: readonly Scan[];
  readonly connections: readonly Connected[];
  readonly losses: readonly Lost[];
}

/** What one server holds after the run; a standby's is read when it has replayed everything that the primary had. */
const finalRead = z.object({
  host: z.string(),
  address: z.string(),
  inRecovery: z.boolean(),
  timeline: z.number().int().nullable(),
  rows,
  registers: z.record(z.string(), z.string()),
});
export type FinalRead = z.infer<typeof finalRead>;

export function parseFinalReads(text: string): FinalRead[] {
  return z.array(finalRead).parse(JSON.parse(text));
}

/** The lines that are complete; also for a run that still goes on. @throws Error naming the first line that is none. */
export function parseEntries(text: string): Entry[] {
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.flatMap((line, index) => {
    if (line === '') return [];
    try {
      return [entry.parse(JSON.parse(line))];
    } catch (error) {
      throw new Error(`Line ${index + 1} of the history is no entry: ${line.slice(0, 200)}`, { cause: error });
    }
  });
}

/** A history that says it is complete; one that was cut off proves nothing. @throws Error */
export function historyOf(entries: readonly Entry[]): History {
  const of = <K extends Entry['kind']>(kind: K) =>
    entries.filter((each): each is Extract<Entry, { kind: K }> => each.kind === kind);
  const [first] = of('begin');
  const [last] = of('end');
  if (first === undefined) throw new Error('The history does not begin.');
  if (last === undefined)
    throw new Error('The history is cut off: operations may be missing, so nothing can be judged from it.');
  return {
    epochMs: first.epochMs,
    endMs: last.atMs,
    inserts: of('insert'),
    puts: of('put'),
    gets: of('get'),
    scans: of('scan'),
    connections: of('connected'),
    losses: of('lost'),
  };
}
