import type { Settings } from '../../core/settings';
import type { PostgresContext, RoleSettings } from './context';
import { PostgresRefused } from './errors';
import type { WaitOptions } from './wait';

export interface BaseOutcome {
  /** Whether any file differs from what stood there: reload, or restart (`needsRestart`). */
  readonly changed: boolean;
  /** What PostgreSQL has against the owner's parameters; the ones written before stay. */
  readonly ownerRefused: string | null;
}

/** Asked under the lock right before role.conf is replaced; throws to refuse: re-reads the pledge (protocol S10). */
export type Guard = () => Promise<void>;

/** Writes everything but the role: postgresql.conf, owner.conf, pg_hba.conf, pg_ident.conf. PostgreSQL may run or not. */
export function writeBase(
  _ctx: PostgresContext,
  _clusterName: string,
  _settings: Pick<Settings, 'parameters'>,
): Promise<BaseOutcome> {
  throw new PostgresRefused('not yet');
}

/** Replaces role.conf durably. PostgreSQL knows of it after {@link reload} or its next start. */
export function writeRole(_ctx: PostgresContext, _role: RoleSettings, _guard?: Guard): Promise<void> {
  throw new PostgresRefused('not yet');
}

/** Tells the postmaster to read its configuration. Proves nothing; see {@link applyRole}. */
export function reload(_ctx: PostgresContext): Promise<void> {
  throw new PostgresRefused('not yet');
}

/** The setting's value in a fresh session, which is the postmaster's. */
export function shown(_ctx: PostgresContext, _name: string): Promise<string> {
  throw new PostgresRefused('not yet');
}

/** {@link writeRole}, {@link reload}, and waits until a fresh session shows it: then every process of the server has been told. @throws PostgresTimeout */
export function applyRole(
  _ctx: PostgresContext,
  _role: RoleSettings,
  _options?: WaitOptions & { readonly guard?: Guard },
): Promise<void> {
  throw new PostgresRefused('not yet');
}

/** Names of changed parameters that wait for a restart (pg_settings.pending_restart). */
export function needsRestart(_ctx: PostgresContext): Promise<readonly string[]> {
  throw new PostgresRefused('not yet');
}
