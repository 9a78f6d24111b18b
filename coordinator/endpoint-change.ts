import type { EndpointPlan } from '../core/endpoints';
import { ENDPOINT, ENDPOINT_TTL_SECONDS } from '../core/names';

export interface RecordValues {
  readonly values: readonly string[];
  readonly ttlSeconds: number;
}

/** What the zone holds under the names that move. */
export interface ZoneState {
  readonly guard: RecordValues | undefined;
  readonly writer: RecordValues | undefined;
  readonly reader: RecordValues | undefined;
}

export interface EndpointChange {
  readonly action: 'CREATE' | 'DELETE' | 'UPSERT';
  /** One of {@link ENDPOINT}, without the zone. */
  readonly name: string;
  readonly type: 'A' | 'TXT';
  readonly record: RecordValues;
}

/** The zone, as the keeper of the endpoints needs it. */
export interface Zone {
  read(): Promise<ZoneState>;
  /** All of the changes or none. A rejection does not tell which: read the zone. */
  change(changes: readonly EndpointChange[]): Promise<void>;
}

export type EndpointStep =
  | { readonly kind: 'right' }
  /** The zone was moved for a later record than the plan's: whoever planned this is stale, and waits. */
  | { readonly kind: 'overtaken'; readonly guardVersion: number }
  /** The guard is not one of ours; only a person knows why. */
  | { readonly kind: 'foreign'; readonly values: readonly string[] }
  /** One atomic batch. */
  | { readonly kind: 'change'; readonly changes: readonly EndpointChange[]; readonly movesWriter: boolean };

/**
 * The batch that brings the zone to the plan.
 *
 * Endpoints only move forward, whoever moves them and however late a batch arrives: each batch deletes the guard exactly
 * as it was seen and creates the plan's. Route 53 applies a batch as a whole or not at all, and a DELETE only where name,
 * type, TTL and value match; so of two batches made from the same sight one is refused whole. Where there is no guard
 * yet, CREATE has the same effect. The readers' address moves under the same guard.
 */
export function nextEndpointStep(zone: ZoneState, plan: EndpointPlan): EndpointStep {
  const guardVersion = zone.guard === undefined ? undefined : parseGuard(zone.guard);
  if (guardVersion === 'foreign') return { kind: 'foreign', values: zone.guard?.values ?? [] };
  if (guardVersion !== undefined && guardVersion > plan.guardVersion) return { kind: 'overtaken', guardVersion };

  const guard = valuesOf([`"${plan.guardVersion}"`]);
  const writer = valuesOf([plan.writerAddress]);
  const reader = valuesOf(plan.readerAddresses);
  const movesWriter = guardVersion !== plan.guardVersion || !isSame(zone.writer, writer);
  const movesReader = !isSame(zone.reader, reader);
  if (!movesWriter && !movesReader) return { kind: 'right' };

  const changes: EndpointChange[] = [];
  if (zone.guard !== undefined) {
    changes.push({ action: 'DELETE', name: ENDPOINT.writerGuard, type: 'TXT', record: zone.guard });
  }
  changes.push({ action: 'CREATE', name: ENDPOINT.writerGuard, type: 'TXT', record: guard });
  if (movesWriter) changes.push({ action: 'UPSERT', name: ENDPOINT.writer, type: 'A', record: writer });
  if (movesReader) changes.push({ action: 'UPSERT', name: ENDPOINT.reader, type: 'A', record: reader });
  return { kind: 'change', changes, movesWriter };
}

/** The zone after {@link nextEndpointStep}'s batch was accepted. */
export function afterChanges(zone: ZoneState, changes: readonly EndpointChange[]): ZoneState {
  const last = (name: string) => changes.findLast((change) => change.name === name && change.action !== 'DELETE');
  return {
    guard: last(ENDPOINT.writerGuard)?.record ?? zone.guard,
    writer: last(ENDPOINT.writer)?.record ?? zone.writer,
    reader: last(ENDPOINT.reader)?.record ?? zone.reader,
  };
}

function parseGuard(guard: RecordValues): number | 'foreign' {
  const digits = guard.values.length === 1 ? /^"([1-9][0-9]*)"$/.exec(guard.values[0] ?? '')?.[1] : undefined;
  return digits === undefined ? 'foreign' : Number(digits);
}

function valuesOf(values: readonly string[]): RecordValues {
  return { values: [...values].sort(), ttlSeconds: ENDPOINT_TTL_SECONDS };
}

function isSame(found: RecordValues | undefined, wanted: RecordValues): boolean {
  return (
    found?.ttlSeconds === wanted.ttlSeconds &&
    [...found.values].sort().join(' ') === [...wanted.values].sort().join(' ')
  );
}
