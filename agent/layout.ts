import { join } from 'node:path';
import { PATH } from '../core/names';

/**
 * Where everything of a node stands. Two roots: the slot's volume, which outlives instances, and the instance itself.
 *
 * Identity, pledge and configuration are on the volume but outside the data directory, because pg_rewind and
 * pg_basebackup copy everything inside it from another node (protocol S7).
 */
export interface Layout {
  /** Mount point of the slot's volume. */
  readonly volume: string;
  /** PGDATA; owner postgres, mode 0700. */
  readonly data: string;
  /** Data directories set aside, `<member>-<time>`; owner postgres, mode 0700. */
  readonly aside: string;
  /** Holds a part of the volume back (agent/space.ts). */
  readonly headroom: string;
  readonly config: ConfigLayout;
  readonly state: StateLayout;
  readonly tls: TlsLayout;
  /** PostgreSQL's Unix socket. */
  readonly socketDirectory: string;
  /** The agent's own files that need not survive a boot; mode 0700, in memory. */
  readonly scratch: string;
  /** Units, packet filter, SQL and shell as installed with the bundle. */
  readonly files: string;
}

/** PostgreSQL's configuration, all of it written by the agent; directory root:postgres 0750. */
export interface ConfigLayout {
  readonly directory: string;
  /** The base; includes the next two. */
  readonly postgresql: string;
  /** The owner's parameters. */
  readonly owner: string;
  /** What changes with the role: primary_conninfo, primary_slot_name, synchronous_standby_names. */
  readonly role: string;
  /** What follows from the volume's free space; empty while there is enough, and absent at first. */
  readonly space: string;
  readonly hba: string;
  readonly ident: string;
}

/** What the agent must not forget; directory root 0700, every file written durably. */
export interface StateLayout {
  readonly directory: string;
  /** Which member this data directory is, on which volume, and whether it is whole. */
  readonly identity: string;
  readonly pledge: string;
  /** The last record seen: an older or foreign one is never followed. */
  readonly record: string;
  /** Identity of the first record of each timeline that the data went through. */
  readonly ancestry: string;
  /** The last settings read, for a start while the parameter store does not answer. */
  readonly settings: string;
  /** Written over and over, to see whether the volume answers; means nothing. */
  readonly probe: string;
}

/** Certificates of this instance: not on the volume, since they name its address. Keys are root:postgres 0640. */
export interface TlsLayout {
  readonly directory: string;
  readonly authority: string;
  readonly server: KeyPairLayout;
  readonly replication: KeyPairLayout;
}

export interface KeyPairLayout {
  readonly certificate: string;
  readonly key: string;
}

export interface LayoutRoots {
  readonly volume: string;
  readonly tls: string;
  readonly socketDirectory: string;
  readonly scratch: string;
  readonly files: string;
}

const NODE_ROOTS: LayoutRoots = {
  volume: PATH.volume,
  tls: PATH.tls,
  socketDirectory: '/run/postgresql',
  scratch: '/run/holdfast',
  files: join(PATH.bundle, 'files'),
};

/** A node's layout; `roots` moves parts of it elsewhere, so that several nodes can stand on one machine. */
export function layoutOf(roots: Partial<LayoutRoots> = {}): Layout {
  const { volume, tls, socketDirectory, scratch, files } = { ...NODE_ROOTS, ...roots };
  const config = join(volume, 'config');
  const state = join(volume, 'state');
  return {
    volume,
    data: join(volume, 'data'),
    aside: join(volume, 'aside'),
    headroom: join(volume, 'headroom'),
    config: {
      directory: config,
      postgresql: join(config, 'postgresql.conf'),
      owner: join(config, 'owner.conf'),
      role: join(config, 'role.conf'),
      space: join(config, 'space.conf'),
      hba: join(config, 'pg_hba.conf'),
      ident: join(config, 'pg_ident.conf'),
    },
    state: {
      directory: state,
      identity: join(state, 'identity.json'),
      pledge: join(state, 'pledge.json'),
      record: join(state, 'record.json'),
      ancestry: join(state, 'ancestry.json'),
      settings: join(state, 'settings.json'),
      probe: join(state, 'probe'),
    },
    tls: {
      directory: tls,
      authority: join(tls, 'ca.pem'),
      server: { certificate: join(tls, 'server.pem'), key: join(tls, 'server.key') },
      replication: { certificate: join(tls, 'replication.pem'), key: join(tls, 'replication.key') },
    },
    socketDirectory,
    scratch,
    files,
  };
}
