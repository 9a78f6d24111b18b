import { TIGHT_WAL, type Space } from '../../core/disk-space';
import { PORT, NOBODY, ROLE } from '../../core/names';
import type { Layout } from '../layout';
import type { RoleSettings, SyncNames, Upstream } from './context';

/** One `name = value` line of a configuration file, quoted so that any value stands for itself. */
export function confLine(name: string, value: string): string {
  if (/[\0\r\n]/.test(value)) throw new Error(`The value of ${name} must be one line of text.`);
  // Inside quotes PostgreSQL reads \ as the start of an escape, and '' as one quote.
  return `${name} = '${value.replace(/\\/g, '\\\\').replace(/'/g, "''")}'\n`;
}

/** `key=value …` for libpq, quoted so that any value stands for itself. */
export function conninfo(parameters: Readonly<Record<string, string | number>>): string {
  return Object.entries(parameters)
    .map(([key, value]) => `${key}='${String(value).replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`)
    .join(' ');
}

/** Members need no quotes by their form, but a list is quoted all the same: nobody has to check. */
export function syncNamesText(names: SyncNames): string {
  switch (names.kind) {
    case 'none':
      return '';
    case 'sentinel':
      return `ANY 1 ("${NOBODY}")`;
    case 'quorum':
      if (names.acks < 1 || names.acks > names.members.length) {
        throw new Error(`A quorum of ${names.acks} among ${names.members.length} standbys cannot be.`);
      }
      return `ANY ${names.acks} (${names.members.map((member) => `"${member}"`).join(', ')})`;
  }
}

/**
 * How this node reaches another one's PostgreSQL as the replication role: by address, so without a name service, past
 * the door, and only to a server whose certificate carries the name.
 */
export function upstreamParameters(layout: Layout, upstream: Upstream, applicationName: string, key: string) {
  return {
    hostaddr: upstream.address,
    host: upstream.host,
    port: PORT.peer,
    user: ROLE.replication,
    // For synchronizing logical slots and for pg_rewind; streaming ignores it.
    dbname: 'postgres',
    application_name: applicationName,
    sslmode: 'verify-full',
    sslrootcert: layout.tls.authority,
    sslcert: layout.tls.replication.certificate,
    sslkey: key,
    gssencmode: 'disable',
    connect_timeout: 2,
    tcp_user_timeout: 5000,
    keepalives_idle: 2,
    keepalives_interval: 1,
    keepalives_count: 3,
  };
}

/** The three settings of a role that tell which one a session's postmaster has. */
export interface RoleText {
  readonly primaryConninfo: string;
  readonly primarySlotName: string;
  readonly synchronousStandbyNames: string;
}

export function roleText(layout: Layout, role: RoleSettings, key: string): RoleText {
  const { upstream } = role;
  return {
    primaryConninfo: upstream === null ? '' : conninfo(upstreamParameters(layout, upstream, upstream.member, key)),
    primarySlotName: upstream?.member ?? '',
    synchronousStandbyNames: syncNamesText(role.syncNames),
  };
}

export function roleConf(role: RoleSettings, text: RoleText): string {
  const { syncNames } = role;
  // Logical decoding waits for all it lists; `acks` members suffice to hold back what a failover could take away.
  const decodingWaitsFor = syncNames.kind === 'quorum' ? syncNames.members.slice(0, syncNames.acks) : [];
  return [
    '# Who this server follows and who confirms its commits. Written by the agent at every change of roles.\n',
    confLine('primary_conninfo', text.primaryConninfo),
    confLine('primary_slot_name', text.primarySlotName),
    confLine('synchronous_standby_names', text.synchronousStandbyNames),
    confLine('synchronized_standby_slots', decodingWaitsFor.join(', ')),
    // Without an upstream the postmaster would complain of it at every turn of its loop.
    confLine('sync_replication_slots', role.upstream === null ? 'off' : 'on'),
  ].join('');
}

/** In whole megabytes, the least unit of some of the settings. */
export function megabytes(bytes: number): string {
  return `${Math.max(1, Math.floor(bytes / (1024 * 1024)))}MB`;
}

/** The whole of space.conf: the last word on what it names. */
export function spaceConf(space: Space): string {
  if (space === 'ample') return '';
  const kept = [
    '# Written by the agent while free space on the volume is short.\n',
    // Nothing but a sign by which a session shows that this file was read (agent/postgres/space.ts).
    confLine('holdfast.space', space),
    confLine('wal_keep_size', megabytes(TIGHT_WAL.keepBytes)),
    confLine('max_slot_wal_keep_size', megabytes(TIGHT_WAL.slotBytes)),
  ];
  return [...kept, ...(space === 'full' ? [confLine('default_transaction_read_only', 'on')] : [])].join('');
}
