import { expect, test } from '@jest/globals';
import { guarantee } from '../../../core/guarantee';
import { parseMember } from '../../../core/member';
import type { SteadyRecord } from '../../../core/record';
import { whatRecordLacks } from '../../../lab/daemon/observer';

const [a, b, c] = ['a_00000001', 'b_00000001', 'c_00000001'].map(parseMember) as [
  ReturnType<typeof parseMember>,
  ReturnType<typeof parseMember>,
  ReturnType<typeof parseMember>,
];
const cluster = { slots: ['a', 'b', 'c'] };
const steady: SteadyRecord = {
  phase: 'steady',
  epoch: 'e',
  version: 3,
  term: 1,
  paused: false,
  systemId: '1',
  guarantees: [guarantee(a, [b, c], 1)],
  lineage: [],
  endpointVersion: 2,
  primary: { member: a, address: '10.0.0.1' },
};

test('A cluster is whole when one guarantee names every slot.', () => {
  expect(whatRecordLacks(steady, cluster)).toEqual([]);
  expect(whatRecordLacks({ ...steady, guarantees: [guarantee(a, [], 0)] }, { slots: ['a'] })).toEqual([]);
});

test('Anything less is said.', () => {
  expect(whatRecordLacks(undefined, cluster)).toEqual(['the register has no record yet']);
  expect(whatRecordLacks({ ...steady, guarantees: [guarantee(a, [b], 1)] }, cluster)).toEqual([
    'the guarantee does not name slot c yet',
  ]);
  expect(whatRecordLacks({ ...steady, guarantees: [guarantee(a, [b], 1), guarantee(a, [b, c], 1)] }, cluster)).toEqual([
    'the guarantee is being changed',
  ]);
});
