import { join } from 'node:path';
import { parseLsn, type Lsn } from '../../core/lsn';
import { succeed } from '../command';
import { readIfPresent } from '../durable';
import type { PostgresContext } from './context';
import { PostgresError } from './errors';

/** pg_control, read from the disk: right only while the server is stopped. */
export interface ControlData {
  readonly systemId: string;
  /** For example `in production`, `shut down`, `shut down in recovery`. */
  readonly state: string;
  /** Start of the latest checkpoint record: a standby has drained a clean stop when its replay is strictly past this (protocol L3). */
  readonly checkpointLsn: Lsn;
  /** Of the latest checkpoint; behind the replay timeline after a switch (protocol S4). */
  readonly checkpointTimeline: number;
}

/** Undefined when there is no data directory. */
export async function controlData(ctx: PostgresContext): Promise<ControlData | undefined> {
  const { data } = ctx.layout;
  if ((await readIfPresent(join(data, 'PG_VERSION'))) === undefined) return undefined;
  const { stdout } = await succeed(join(ctx.binDirectory, 'pg_controldata'), ['-D', data], {
    timeoutMs: 10_000,
    user: ctx.user,
    environment: { LC_ALL: 'C' },
  });
  const values = new Map(stdout.split('\n').map((line) => cut(line)));
  const value = (name: string): string => {
    const found = values.get(name);
    if (found === undefined) throw new PostgresError(`pg_controldata does not tell "${name}".`);
    return found;
  };
  return {
    systemId: value('Database system identifier'),
    state: value('Database cluster state'),
    checkpointLsn: parseLsn(value('Latest checkpoint location')),
    checkpointTimeline: Number(value("Latest checkpoint's TimeLineID")),
  };
}

/** Stopped so that nothing has to be recovered: what pg_rewind insists on. */
export function isCleanlyStopped(control: ControlData): boolean {
  return control.state === 'shut down' || control.state === 'shut down in recovery';
}

function cut(line: string): [string, string] {
  const at = line.indexOf(':');
  return [line.slice(0, at), line.slice(at + 1).trim()];
}
