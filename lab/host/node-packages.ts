/**
 * What the machines' base image contains: Debian's cloud image as far as a machine without a kernel needs it, and the
 * packages that the node's installer would fetch, so that it finds them present and needs no network.
 */
export const NODE_PACKAGES = [
  'systemd',
  'systemd-sysv',
  'systemd-resolved',
  'libnss-systemd',
  'dbus',
  'cloud-init',
  'awscli',
  'ca-certificates',
  'curl',
  'e2fsprogs',
  'iproute2',
  'iputils-ping',
  'nftables',
  'nodejs',
  'openssl',
  'pgbackrest',
  'pgbouncer',
  'postgresql-17',
  'postgresql-17-postgis-3',
  'procps',
  'psmisc',
  'python3',
  'util-linux',
  'xfsprogs',
] as const;
