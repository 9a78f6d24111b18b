import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EndpointPlan } from '../../core/endpoints';
import { afterChanges, type EndpointChange, nextEndpointStep, type ZoneState } from '../../coordinator/endpoint-change';

const plan = (guardVersion: number, writerAddress: string, ...readers: string[]): EndpointPlan => ({
  guardVersion,
  writerAddress,
  readerAddresses: readers.length === 0 ? [writerAddress] : readers,
});

const record = (...values: string[]) => ({ values, ttlSeconds: 1 });

/** As CloudFormation leaves it: placeholders, and no guard yet. */
const untouched: ZoneState = { guard: undefined, writer: record('192.0.2.1'), reader: record('192.0.2.1') };

function changesOf(zone: ZoneState, wanted: EndpointPlan): readonly EndpointChange[] {
  const step = nextEndpointStep(zone, wanted);
  if (step.kind !== 'change') throw new Error(`The step is ${step.kind}.`);
  return step.changes;
}

describe('the next batch', () => {
  it('creates the guard where there is none, so that of two first ones only one is accepted', () => {
    expect(changesOf(untouched, plan(3, '10.0.0.10'))).toEqual([
      { action: 'CREATE', name: '_holdfast-writer', type: 'TXT', record: record('"3"') },
      { action: 'UPSERT', name: 'writer', type: 'A', record: record('10.0.0.10') },
      { action: 'UPSERT', name: 'reader', type: 'A', record: record('10.0.0.10') },
    ]);
  });

  it('deletes the guard exactly as it was seen, its TTL included', () => {
    const zone = {
      guard: { values: ['"3"'], ttlSeconds: 60 },
      writer: record('10.0.0.10'),
      reader: record('10.0.1.10'),
    };
    expect(changesOf(zone, plan(7, '10.0.1.10'))).toEqual([
      { action: 'DELETE', name: '_holdfast-writer', type: 'TXT', record: { values: ['"3"'], ttlSeconds: 60 } },
      { action: 'CREATE', name: '_holdfast-writer', type: 'TXT', record: record('"7"') },
      { action: 'UPSERT', name: 'writer', type: 'A', record: record('10.0.1.10') },
    ]);
  });

  it('moves the readers under the same guard', () => {
    const zone = { guard: record('"3"'), writer: record('10.0.0.10'), reader: record('10.0.0.10') };
    const step = nextEndpointStep(zone, plan(3, '10.0.0.10', '10.0.2.10', '10.0.1.10'));
    expect(step).toEqual({
      kind: 'change',
      movesWriter: false,
      changes: [
        { action: 'DELETE', name: '_holdfast-writer', type: 'TXT', record: record('"3"') },
        { action: 'CREATE', name: '_holdfast-writer', type: 'TXT', record: record('"3"') },
        { action: 'UPSERT', name: 'reader', type: 'A', record: record('10.0.1.10', '10.0.2.10') },
      ],
    });
  });

  it('puts a writer right that someone else has changed', () => {
    const zone = { guard: record('"3"'), writer: record('10.9.9.9'), reader: record('10.0.0.10') };
    expect(nextEndpointStep(zone, plan(3, '10.0.0.10'))).toMatchObject({ kind: 'change', movesWriter: true });
  });

  it('is none when all is right, in whatever order the values come', () => {
    const zone = { guard: record('"3"'), writer: record('10.0.0.10'), reader: record('10.0.2.10', '10.0.1.10') };
    expect(nextEndpointStep(zone, plan(3, '10.0.0.10', '10.0.1.10', '10.0.2.10'))).toEqual({ kind: 'right' });
  });

  it('is none for a plan that has been overtaken, even if everything differs', () => {
    const zone = { guard: record('"8"'), writer: record('10.0.1.10'), reader: record('10.0.2.10') };
    expect(nextEndpointStep(zone, plan(7, '10.0.0.10'))).toEqual({ kind: 'overtaken', guardVersion: 8 });
  });

  it.each([[['"seven"']], [['"7"', '"8"']], [['7']], [['"07"']], [[]]])(
    'touches nothing under a guard of %j',
    (values) => {
      const zone = { ...untouched, guard: { values, ttlSeconds: 1 } };
      expect(nextEndpointStep(zone, plan(9, '10.0.0.10'))).toEqual({ kind: 'foreign', values });
    },
  );
});

/** A zone as Route 53 keeps it: a batch is applied as a whole or not at all. */
function apply(zone: ZoneState, changes: readonly EndpointChange[]): ZoneState | undefined {
  let guard = zone.guard;
  for (const change of changes.filter(({ type }) => type === 'TXT')) {
    if (change.action === 'DELETE') {
      if (JSON.stringify(guard) !== JSON.stringify(change.record)) return undefined;
      guard = undefined;
    } else {
      if (guard !== undefined) return undefined;
      guard = change.record;
    }
  }
  return afterChanges({ ...zone, guard }, changes);
}

describe('any number of coordinators, stale ones included', () => {
  it('moves the writer forward only, and always to the address of its version', () => {
    // Each coordinator learns of a record, reads the zone, plans, and its batch arrives, at moments of their own.
    const moment = fc.record({ coordinator: fc.nat(1), does: fc.constantFrom('learn', 'read', 'plan', 'send') });
    const addressAt = (version: number) => `10.0.0.${version}`;
    fc.assert(
      fc.property(fc.array(moment, { maxLength: 200, size: 'max' }), (moments) => {
        let zone = untouched;
        let version = 1;
        let highest = 0;
        const seen: { version?: number; zone?: ZoneState; batch?: readonly EndpointChange[] }[] = [{}, {}];
        for (const { coordinator, does } of moments) {
          const mine = seen[coordinator] ?? {};
          if (does === 'learn') {
            version += 1;
            mine.version = version;
          } else if (does === 'read') {
            mine.zone = zone;
          } else if (does === 'plan') {
            if (mine.zone === undefined || mine.version === undefined) continue;
            const step = nextEndpointStep(mine.zone, plan(mine.version, addressAt(mine.version)));
            if (step.kind === 'change') mine.batch = step.changes;
          } else if (mine.batch !== undefined) {
            zone = apply(zone, mine.batch) ?? zone;
          }
          const guard = zone.guard === undefined ? 0 : Number(zone.guard.values[0]?.replaceAll('"', ''));
          expect(guard).toBeGreaterThanOrEqual(highest);
          highest = guard;
          if (guard > 0) expect(zone.writer?.values).toEqual([addressAt(guard)]);
        }
      }),
      { numRuns: 150 },
    );
  });
});
