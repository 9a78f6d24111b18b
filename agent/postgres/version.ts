import { join } from 'node:path';
import { readIfPresent } from '../durable';
import type { PostgresContext } from './context';

/** Of the PostgreSQL that is installed on a node. */
export const MAJOR_VERSION = '17';

/** The major version of a data directory that the node's PostgreSQL cannot read; undefined when it can, or there is none. */
export async function otherVersion(ctx: PostgresContext): Promise<string | undefined> {
  const version = (await readIfPresent(join(ctx.layout.data, 'PG_VERSION')))?.trim();
  return version === MAJOR_VERSION ? undefined : version;
}
