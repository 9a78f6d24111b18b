import type { Slot } from './member';

/** What the owner of the cluster chose, as it stands in the settings parameter. Written by lib/, read by agents and health checker. */
export interface Settings {
  /** Every slot of the cluster. Here and not in the nodes' user data: a changed number must not replace every node. */
  readonly slots: readonly Slot[];
  readonly databaseName: string;
  readonly masterUsername: string;
  readonly extensions: readonly string[];
  /** PostgreSQL parameters of the owner; none of those that Holdfast owns. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Standbys that flush before a commit is acknowledged, when enough are there. */
  readonly acks: number;
  readonly whenNoStandby: 'degrade' | 'block';
  readonly postgresVersion: string;
  /** Volumes that fill up are made larger by their nodes, up to this. Absent: the owner alone makes them larger. */
  readonly maxStorageGiB?: number | undefined;
}
