import type { PostgresClusterProps } from './postgres-cluster-props';
import { WhenNoStandby } from './postgres-cluster-props';
import { PostgresVersion } from './postgres-version';
import { parseSlot } from '../core/member';
import type { Settings } from '../core/settings';
import { OWNED_PARAMETERS } from './owned-parameters';
import { PACKAGED_EXTENSIONS } from './postgres-extensions';
import { allowedInstead } from './postgres-parameters';
import { HoldfastPropError } from './prop-error';
import { storageOf } from './storage';

/** A standard SSM parameter holds this much. */
const MAX_SETTINGS_BYTES = 4096;

/** PostgreSQL cuts longer names off. */
const IDENTIFIER = /^[a-z_][a-z0-9_]{0,62}$/;
const IDENTIFIER_RULE = 'a lower-case letter or "_", then up to 62 lower-case letters, digits and "_"';

const RESERVED_DATABASES = ['postgres', 'template0', 'template1'];
const RESERVED_ROLES = ['postgres', 'public', 'none', 'current_user', 'current_role', 'session_user', 'user'];

/** Extension names as the file system has them: `uuid-ossp` has a hyphen. */
const EXTENSION = /^[a-z][a-z0-9_-]{0,62}$/;

/** PostgreSQL does not start with no more than what is reserved (agent/files/postgres/postgresql.conf). */
const LEAST_CONNECTIONS = 25;

/** A parameter, or one of an extension: `pg_stat_statements.max`. */
const PARAMETER = /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/;

/**
 * What the cluster's owner chose, checked.
 *
 * @throws HoldfastPropError naming the property, its value and what is allowed
 */
export function settingsOf(props: PostgresClusterProps, slots: readonly string[]): Settings {
  const slotCount = slots.length;
  const settings: Settings = {
    slots: slots.map(parseSlot),
    databaseName: databaseName(props.databaseName ?? 'app'),
    masterUsername: masterUsername(props.masterUsername ?? 'app'),
    extensions: extensions(props.extensions ?? ['postgis'], props.machineImage !== undefined),
    parameters: parameters(props.parameters ?? {}),
    acks: acks(props.acks ?? Math.floor((slotCount - 1) / 2), slotCount),
    whenNoStandby: whenNoStandby(props, slotCount),
    ...maxStorage(props),
    postgresVersion: (props.version ?? PostgresVersion.V17).majorVersion,
  };
  const bytes = Buffer.byteLength(JSON.stringify(settings));
  if (bytes > MAX_SETTINGS_BYTES) {
    throw new HoldfastPropError(
      'parameters',
      `${bytes} bytes together with the other settings`,
      `at most ${MAX_SETTINGS_BYTES} bytes, what an SSM parameter holds`,
    );
  }
  return settings;
}

function maxStorage(props: PostgresClusterProps): Pick<Settings, 'maxStorageGiB'> {
  const { maxGiB } = storageOf(props);
  return maxGiB === undefined ? {} : { maxStorageGiB: maxGiB };
}

function databaseName(name: string): string {
  if (!IDENTIFIER.test(name)) {
    throw new HoldfastPropError('databaseName', name, IDENTIFIER_RULE);
  }
  if (RESERVED_DATABASES.includes(name)) {
    throw new HoldfastPropError('databaseName', name, `anything but PostgreSQL's own ${RESERVED_DATABASES.join(', ')}`);
  }
  return name;
}

function masterUsername(name: string): string {
  if (!IDENTIFIER.test(name)) {
    throw new HoldfastPropError('masterUsername', name, IDENTIFIER_RULE);
  }
  if (RESERVED_ROLES.includes(name) || name.startsWith('pg_') || name.startsWith('holdfast')) {
    throw new HoldfastPropError(
      'masterUsername',
      name,
      `anything but ${RESERVED_ROLES.join(', ')} and names that begin with pg_ or holdfast`,
    );
  }
  return name;
}

function extensions(names: readonly string[], ownImage: boolean): readonly string[] {
  names.forEach((name, index) => {
    if (!EXTENSION.test(name)) {
      throw new HoldfastPropError(
        `extensions[${index}]`,
        name,
        'the name of an extension: a lower-case letter, then lower-case letters, digits, "_" and "-"',
      );
    }
    if (!ownImage && !PACKAGED_EXTENSIONS.includes(name)) {
      throw new HoldfastPropError(
        `extensions[${index}]`,
        name,
        `what Debian's packages have: ${PACKAGED_EXTENSIONS.join(', ')}; others with a machineImage that has them`,
      );
    }
    if (names.indexOf(name) !== index) {
      throw new HoldfastPropError(`extensions[${index}]`, name, 'each extension once');
    }
  });
  return [...names];
}

function parameters(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(given)) {
    const property = `parameters.${name}`;
    if (!PARAMETER.test(name)) {
      throw new HoldfastPropError(property, value, 'a parameter name of PostgreSQL in lower case');
    }
    if (OWNED_PARAMETERS.has(name)) {
      throw new HoldfastPropError(property, value, `no value: Holdfast sets ${name} itself`);
    }
    if (typeof value !== 'string' || /[\0\r\n]/.test(value)) {
      throw new HoldfastPropError(property, value, 'a string of one line');
    }
    if (name === 'max_connections' && Number(value) < LEAST_CONNECTIONS) {
      throw new HoldfastPropError(property, value, `at least ${LEAST_CONNECTIONS}: Holdfast keeps 15 for itself`);
    }
    const allowed = allowedInstead(name, value);
    if (allowed !== undefined) {
      throw new HoldfastPropError(property, value, allowed);
    }
  }
  return Object.fromEntries(Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function acks(count: number, slotCount: number): number {
  if (!Number.isInteger(count) || count < 0 || count >= slotCount) {
    throw new HoldfastPropError(
      'acks',
      count,
      `a whole number from 0 to ${slotCount - 1} (fewer than the ${slotCount} slots)`,
    );
  }
  return count;
}

function whenNoStandby(props: PostgresClusterProps, slotCount: number): WhenNoStandby {
  const chosen = props.whenNoStandby ?? WhenNoStandby.DEGRADE;
  if (!Object.values(WhenNoStandby).includes(chosen)) {
    throw new HoldfastPropError('whenNoStandby', chosen, `one of ${Object.values(WhenNoStandby).join(', ')}`);
  }
  if (chosen === WhenNoStandby.BLOCK && slotCount === 1) {
    throw new HoldfastPropError(
      'whenNoStandby',
      chosen,
      `${WhenNoStandby.DEGRADE} with 1 slot: it never has a standby`,
    );
  }
  return chosen;
}
