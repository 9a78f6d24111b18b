import { describe, expect, test } from '@jest/globals';
import { planEndpoints, type EndpointPlan } from '../../core/endpoints';
import type { SlotEvidence } from '../../core/evidence';
import { formatLsn } from '../../core/lsn';
import { DEFAULT_POLICY } from '../../core/policy';
import { primary, standby } from './support/evidence';
import { A, addressOf, at, B, C, steady } from './support/records';

const plan = (slots: readonly SlotEvidence[], record = steady()): EndpointPlan =>
  planEndpoints(record, slots, DEFAULT_POLICY);
const behind = (bytes: number): string => formatLsn(at(0x5000000 - bytes));

describe('the endpoints of a steady record', () => {
  test('are the primary, and the standbys that stream', () => {
    expect(plan([primary(), standby(C), standby(B)])).toEqual({
      guardVersion: 3,
      writerAddress: addressOf(A),
      readerAddresses: [addressOf(B), addressOf(C)],
    });
  });

  test('name the primary to readers when no standby is fit', () => {
    expect(plan([primary()]).readerAddresses).toEqual([addressOf(A)]);
  });

  test('go by the record alone for the writer, whoever answers', () => {
    const record = steady({ primary: { member: B, address: '10.0.0.77' }, endpointVersion: 12 });
    expect(plan([primary()], record)).toMatchObject({ guardVersion: 12, writerAddress: '10.0.0.77' });
  });

  test('do not move with the version of the record, only with that of the address', () => {
    expect(plan([], steady({ version: 500 })).guardVersion).toBe(3);
  });
});

describe('a standby is no reader', () => {
  test.each<[string, SlotEvidence]>([
    ['that has not answered of late', standby(B, {}, { statusAgeMs: DEFAULT_POLICY.statusFreshMs + 1 })],
    ['that never answered', standby(B, {}, { statusAgeMs: null })],
    ['that has no page', standby(B, {}, { status: undefined })],
    ['that does not stream', standby(B, { postgres: { streaming: false } })],
    ['that holds clients out', standby(B, { postgres: { doorOpen: false } })],
    ['that is about to go', standby(B, { leaving: true })],
    ['whose position is not known', standby(B, { postgres: { lsn: null } })],
    ['that lags', standby(B, { postgres: { lsn: behind(DEFAULT_POLICY.readerLagBytes + 1) } })],
  ])('%s', (_what, sick) => {
    expect(plan([primary(), sick, standby(C)]).readerAddresses).toEqual([addressOf(C)]);
  });

  test('but one within the limit is', () => {
    const near = standby(B, { postgres: { lsn: behind(DEFAULT_POLICY.readerLagBytes) } });
    expect(plan([primary(), near]).readerAddresses).toEqual([addressOf(B)]);
  });

  test('nor is the primary itself, while there is one', () => {
    expect(plan([primary({ postgres: { streaming: true } }), standby(B)]).readerAddresses).toEqual([addressOf(B)]);
  });

  test('its lag is not held against it while the primary cannot be asked', () => {
    const far = standby(B, { postgres: { lsn: '0/1' } });
    expect(plan([primary({ postgres: { lsn: null } }), far]).readerAddresses).toEqual([addressOf(B)]);
  });
});
