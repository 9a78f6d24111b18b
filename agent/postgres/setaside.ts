import type { PostgresContext } from './context';
import { PostgresRefused } from './errors';

/** Renames the data directory of a stopped server to `aside/<name>`, durably. Undefined when there is none. */
export function setAside(_ctx: PostgresContext, _name: string): Promise<string | undefined> {
  throw new PostgresRefused('not yet');
}

/** Removes directories set aside, oldest first, until `freeBytes` are free on the volume or none is left; the names removed. */
export function pruneAside(_ctx: PostgresContext, _freeBytes: number): Promise<readonly string[]> {
  throw new PostgresRefused('not yet');
}
