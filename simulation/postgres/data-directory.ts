import type { FileSystem } from '../world/file-system';
import type { Wal } from './wal';

/** What a data directory holds besides its plain files. It is the content of the control file, and moves with it. */
export interface Cluster {
  readonly systemId: string;
  wal: Wal;
  /** Recovery begins behind so many records. */
  redo: number;
  state: 'in production' | 'in archive recovery' | 'shut down' | 'shut down in recovery';
  /** Before its replay has come so far, a copy is not consistent. */
  consistentFrom: number;
  /** Half of a copy, or half rewound: no server starts on it. */
  isBroken: boolean;
  /** Physical replication slots. */
  readonly slots: Set<string>;
}

export const DATA = '/volume/data';
export const PG_WAL = `${DATA}/pg_wal`;
const CONTROL = `${DATA}/global/pg_control`;

export function clusterIn(files: FileSystem): Cluster | undefined {
  return files.get(CONTROL)?.content as Cluster | undefined;
}

/** Makes the files of a data directory around `cluster`. */
export function layOut(files: FileSystem, cluster: Cluster): void {
  if (files.get(DATA) === undefined) files.add(DATA, 'directory');
  if (files.get(PG_WAL) === undefined) files.add(PG_WAL, 'directory');
  files.put(`${DATA}/PG_VERSION`, '17\n');
  files.put(CONTROL, '', cluster);
  files.put(`${DATA}/postgresql.auto.conf`, '');
}

export function copyOfCluster(content: unknown): unknown {
  if (!isCluster(content)) return content;
  // A snapshot of the disk holds what was on the disk.
  return { ...content, wal: content.wal.copy(content.wal.flushed), slots: new Set(content.slots) };
}

function isCluster(content: unknown): content is Cluster {
  return typeof content === 'object' && content !== null && 'wal' in content;
}

export function historyName(timeline: number): string {
  return `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;
}

export function historyPath(timeline: number): string {
  return `${PG_WAL}/${historyName(timeline)}`;
}
