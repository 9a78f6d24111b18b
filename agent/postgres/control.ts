import type { Lsn } from '../../core/lsn';
import type { PostgresContext } from './context';
import { PostgresRefused } from './errors';

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
export function controlData(_ctx: PostgresContext): Promise<ControlData | undefined> {
  throw new PostgresRefused('not yet');
}
