import { expect, test } from '@jest/globals';
import { newsOf, viewOf, type ViewInput } from '../../core/coordinator-view';
import { primary, silentFor, snapshot, standby } from './support/evidence';
import { B, C } from './support/records';

const input = (changes: Partial<ViewInput> = {}): ViewInput => ({
  ...{ by: 'health checker', snapshot: snapshot(), findings: [], waiting: undefined, endpoints: undefined },
  ...changes,
});

test('a view says of each slot what its agent said last, and how long ago', () => {
  const seen = snapshot([primary(), standby(B, { postgres: { lsn: '0/4FFF000' } }), standby(C, {}, silentFor(9_000))]);
  expect(viewOf(input({ snapshot: seen }))).toMatchObject({
    ...{ by: 'health checker', atMs: 1_000_000, version: 7 },
    slots: [
      { slot: 'a', role: 'primary', lsn: '0/5000000', lagBytes: 0 },
      { slot: 'b', role: 'standby', lsn: '0/4FFF000', lagBytes: 4_096 },
      { slot: 'c', statusAgeMs: 9_000 },
    ],
  });
});

test('a slot that was never heard is told to be so, with where it should be', () => {
  const seen = snapshot([primary(), standby(B, {}, { status: undefined, statusAgeMs: null })]);
  expect(viewOf(input({ snapshot: seen })).slots[1]).toMatchObject({
    ...{ slot: 'b', statusAgeMs: null, healthy: false, address: '10.0.0.2' },
  });
});

test('a standby ahead of an older position of the primary does not lag', () => {
  const seen = snapshot([primary(), standby(B, { postgres: { lsn: '0/5000100' } })]);
  expect(viewOf(input({ snapshot: seen })).slots[1]?.lagBytes).toBe(0);
});

test('ages and positions are no news; who serves, and what was found, is', () => {
  const before = newsOf(viewOf(input()));
  const later = snapshot([
    primary({ postgres: { lsn: '0/6000000' } }),
    standby(B, {}, { statusAgeMs: 700 }),
    standby(C),
  ]);
  expect(newsOf(viewOf(input({ snapshot: { ...later, wallClockMs: 2_000_000 } })))).toBe(before);
  const changes: Partial<ViewInput>[] = [
    { findings: [{ code: 'standby-silent', slot: 'c', detail: '' }] },
    { waiting: 'for somebody' },
    { endpoints: { guardVersion: 3, writerAddress: '10.0.0.1', readerAddresses: [], writerInPlace: true } },
    { snapshot: snapshot([primary(), standby(B, { healthy: false }), standby(C)]) },
  ];
  for (const change of changes) expect(newsOf(viewOf(input(change)))).not.toBe(before);
});
