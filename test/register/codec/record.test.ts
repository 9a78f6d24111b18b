import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeRecord, encodeRecord, MalformedItemError } from '../../../register';
import { anyRecord } from './sample';

const steady = {
  format: 1,
  epoch: 'e1',
  version: 7,
  term: 2,
  paused: false,
  phase: 'steady',
  systemId: '7412345678901234567',
  guarantees: [{ primary: 'a_aaaaaaaa', standbys: ['b_bbbbbbbb', 'c_cccccccc'], acks: 1 }],
  lineage: [
    { timeline: 1, term: 1, member: 'b_bbbbbbbb', forkLsn: '0/0', firstRecord: '' },
    { timeline: 2, term: 2, member: 'a_aaaaaaaa', forkLsn: '0/3000148', firstRecord: '2026-11-21 04:00:00.123456 UTC' },
  ],
  endpointVersion: 6,
  primary: { member: 'a_aaaaaaaa', address: '10.0.0.10' },
};

function complaintAbout(value: unknown): string {
  try {
    decodeRecord(value, 'cluster/record');
  } catch (error) {
    if (error instanceof MalformedItemError) return error.message;
    throw error;
  }
  throw new Error('The record was accepted.');
}

describe('the codec of the record', () => {
  it('gives back every record that it wrote, through JSON as well', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const written = JSON.parse(JSON.stringify(encodeRecord(record))) as unknown;
        expect(decodeRecord(written)).toEqual(record);
      }),
    );
  });

  it('keeps positions beyond the precision of a number', () => {
    const record = decodeRecord({
      ...steady,
      lineage: [{ ...steady.lineage[0], forkLsn: 'FFFFFFFF/FFFFFFFF' }],
    });
    expect(record.phase === 'steady' && record.lineage[0]?.forkLsn).toBe(2n ** 64n - 1n);
  });

  it('reads a record of before there were switchovers and accepted losses', () => {
    const election = { reason: 'primary-frozen', deposed: 'a_aaaaaaaa', suspectedAtMs: 1, convictedAtMs: 2 };
    const { primary, ...others } = steady;
    expect(encodeRecord(decodeRecord(steady))).toEqual(steady);
    const electing = { ...others, phase: 'electing', election };
    expect(primary).toBeDefined();
    expect(encodeRecord(decodeRecord(electing))).toEqual(electing);
  });

  it.each([
    ['a switchover that nobody asked for', { ...steady, switchover: { requestedAtMs: 1 } }, 'switchover.by: '],
    [
      'a switchover to somebody who is no member',
      { ...steady, switchover: { to: 'b', by: 'operator', requestedAtMs: 1 } },
      'switchover.to: "b" is not a member',
    ],
    [
      'a loss that is denied, which is told by leaving it out',
      { ...steady, lineage: [{ ...steady.lineage[0], lossy: false }] },
      'lineage[0].lossy: ',
    ],
    [
      'a guarantee that counts its primary as a standby',
      { ...steady, guarantees: [{ primary: 'a_aaaaaaaa', standbys: ['a_aaaaaaaa'], acks: 1 }] },
      'cluster/record is malformed: guarantees[0]: The primary a_aaaaaaaa cannot be its own standby.',
    ],
    [
      'more acks than standbys',
      { ...steady, guarantees: [{ primary: 'a_aaaaaaaa', standbys: ['b_bbbbbbbb'], acks: 2 }] },
      'guarantees[0]: acks is 2; with 1 standbys it must be a whole number from 0 to 1.',
    ],
    [
      'standbys under acks 0, which would be forgotten silently',
      { ...steady, guarantees: [{ primary: 'a_aaaaaaaa', standbys: ['b_bbbbbbbb'], acks: 0 }] },
      'guarantees[0]: standbys must be unique, and empty exactly when acks is 0',
    ],
    [
      'a standby named twice',
      { ...steady, guarantees: [{ primary: 'a_aaaaaaaa', standbys: ['b_bbbbbbbb', 'b_bbbbbbbb'], acks: 1 }] },
      'guarantees[0]: standbys must be unique',
    ],
    ['no guarantee at all', { ...steady, guarantees: [] }, 'guarantees: '],
    [
      'timelines out of order',
      { ...steady, lineage: [...steady.lineage].reverse() },
      'lineage: expected at least one timeline, oldest first, each number once',
    ],
    [
      'a position that is none',
      { ...steady, lineage: [{ ...steady.lineage[0], forkLsn: '3000148' }] },
      'lineage[0].forkLsn: "3000148" is not a WAL position',
    ],
    ['a steady record without a primary', { ...steady, primary: undefined }, 'primary: '],
    ['a phase that does not exist', { ...steady, phase: 'resting' }, 'phase: '],
    ['a version that is no whole number', { ...steady, version: 7.5 }, 'version: '],
    ['a format of a later Holdfast', { ...steady, format: 2 }, 'format: this program knows format 1, the record has 2'],
    ['an address that is none', { ...steady, primary: { member: 'a_aaaaaaaa', address: 'a.db' } }, 'primary.address: '],
  ])('names the field of %s', (_what, value, complaint) => {
    expect(complaintAbout(value)).toContain(complaint);
  });

  it('names every wrong field at once', () => {
    expect(complaintAbout({ ...steady, epoch: '', paused: 'no' })).toMatch(/epoch: .*; paused: /);
  });
});
