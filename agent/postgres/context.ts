import type { Member } from '../../core/member';
import type { SystemUser } from '../command';
import type { Layout } from '../layout';
import type { Service } from '../unit';

/** One PostgreSQL server on one node: where its files stand, how it is run, who owns it. */
export interface PostgresContext {
  readonly layout: Layout;
  readonly service: Service;
  /** The system user that PostgreSQL runs as and that owns its data. */
  readonly user: SystemUser;
  /** PostgreSQL's own programs, in Debian `/usr/lib/postgresql/17/bin`. */
  readonly binDirectory: string;
  /** `*` on a node; one address where several servers share a machine. */
  readonly listenAddresses: string;
}

/** The primary that a standby streams from, is cloned from or is rewound to. Reached through the peers' port. */
export interface Upstream {
  /** IPv4 address: connecting needs no name service. */
  readonly address: string;
  /** `<slot>.<zone>`, which its certificate must carry. */
  readonly host: string;
}

/** What `synchronous_standby_names` says. */
export type SyncNames =
  /** `ANY 1 (holdfast_nobody)`: every commit waits. What every standby carries, so that promoting changes only names (protocol S1). */
  | { readonly kind: 'sentinel' }
  /** Empty: no commit waits. Only while the guarantee `acks: 0` is in force. */
  | { readonly kind: 'none' }
  /** `ANY acks (members)`. */
  | { readonly kind: 'quorum'; readonly acks: number; readonly members: readonly Member[] };

/** All that changes with a node's role; the whole of role.conf. */
export interface RoleSettings {
  /** Whom to stream from, and as whom: `member` is the application name and the physical slot's name. Null: from nobody. */
  readonly upstream: (Upstream & { readonly member: Member }) | null;
  readonly syncNames: SyncNames;
}
