import { PORT } from '../core/names';

/**
 * One connection string over all slots, for clients built on libpq: it goes on to the next host until one accepts
 * writes, so it needs no DNS change after a failover. User and password stand in the secret.
 */
export function multiHostDsn(hosts: readonly string[], databaseName: string, port: number = PORT.client): string {
  const authority = hosts.map((host) => `${host}:${port}`).join(',');
  return `postgresql://${authority}/${databaseName}?target_session_attrs=read-write&sslmode=verify-full&connect_timeout=2`;
}
