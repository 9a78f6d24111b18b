import type { PostgresContext } from './context';
import { PostgresRefused } from './errors';

/** The roles and the database that Holdfast makes. Passwords reach the server only as SCRAM verifiers. */
export interface Accounts {
  readonly databaseName: string;
  readonly masterUsername: string;
  readonly masterPassword: string;
  readonly monitorPassword: string;
  readonly extensions: readonly string[];
}

/**
 * initdb into an absent data directory, then starts it as a primary on timeline 1 with the sentinel in force and makes
 * roles, database and extensions. `writeBase` must have been called.
 */
export function initialize(_ctx: PostgresContext, _accounts: Accounts): Promise<{ readonly systemId: string }> {
  throw new PostgresRefused('not yet');
}

/** Makes roles, database and extensions as they should be; may be repeated on a primary at any time. Its commits wait for no standby. */
export function ensureAccounts(_ctx: PostgresContext, _accounts: Accounts): Promise<void> {
  throw new PostgresRefused('not yet');
}
