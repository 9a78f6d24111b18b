import { describe, expect, test } from '@jest/globals';
import { mayGo } from '../../../agent/duties/room';
import { guarantee } from '../../../core/guarantee';
import { parseMember } from '../../../core/member';
import type { ElectingRecord, SteadyRecord } from '../../../core/record';

const [primary, standby] = [parseMember('a_00000001'), parseMember('b_00000002')];

const base = {
  epoch: 'e1',
  version: 7,
  term: 3,
  paused: false,
  systemId: '1',
  endpointVersion: 7,
  guarantees: [guarantee(primary, [standby], 1)],
  lineage: [],
};
const record: SteadyRecord = { ...base, phase: 'steady', primary: { member: primary, address: '10.0.0.1' } };

describe('a directory that was set aside', () => {
  const at = '2026-11-30T101112.345Z';

  test('may go once no guarantee names its member', () => {
    expect(mayGo(record)(`c_00000003-${at}`)).toBe(true);
    expect(mayGo(record)(`b_00000009-${at}`)).toBe(true);
  });

  test.each([`a_00000001-${at}`, `b_00000002-${at}`])('stays while a guarantee names it: %s', (name) => {
    expect(mayGo(record)(name)).toBe(false);
  });

  test('stays during an election, whoever it is', () => {
    const electing: ElectingRecord = {
      ...base,
      phase: 'electing',
      election: { reason: 'test', deposed: primary, suspectedAtMs: 0, convictedAtMs: 0 },
    };
    expect(mayGo(electing)(`c_00000003-${at}`)).toBe(false);
  });

  test.each([`unknown-${at}`, 'b_00000009', 'lost+found', ''])('stays when nobody knows whose it was: "%s"', (name) => {
    expect(mayGo(record)(name)).toBe(false);
  });
});
