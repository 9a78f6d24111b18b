import { readFileSync } from 'node:fs';

/** Where the database is and who asks, from libpq's own variables. */
export interface ConnectionSettings {
  /** All of PGHOST: the hosts of a multi-host DSN. */
  readonly hosts: readonly string[];
  /** `writer.<zone>`, where there is one. */
  readonly writer: string | undefined;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  /** Checks chain and host name, as sslmode=verify-full does; false only for PGSSLMODE=disable. */
  readonly ssl: { readonly ca: string } | false;
  readonly connectTimeoutMs: number;
}

/** @throws Error naming the variable that is missing */
export function settingsFrom(environment: NodeJS.ProcessEnv): ConnectionSettings {
  const need = (name: string): string => {
    const value = environment[name];
    if (value === undefined || value === '') throw new Error(`The variable ${name} is not set.`);
    return value;
  };
  const mode = need('PGSSLMODE');
  if (mode !== 'verify-full' && mode !== 'disable') {
    throw new Error(`PGSSLMODE is "${mode}". The workload knows verify-full and disable.`);
  }
  return {
    hosts: need('PGHOST').split(','),
    writer: environment['HOLDFAST_WRITER'],
    port: Number(need('PGPORT')),
    user: need('PGUSER'),
    password: environment['PGPASSWORD'],
    database: need('PGDATABASE'),
    ssl: mode === 'disable' ? false : { ca: readFileSync(need('PGSSLROOTCERT'), 'utf8') },
    connectTimeoutMs: Number(environment['PGCONNECT_TIMEOUT'] ?? '2') * 1000,
  };
}
