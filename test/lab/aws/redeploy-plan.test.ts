import { describe, expect, test } from '@jest/globals';
import { Size } from 'aws-cdk-lib';
import { Template as Synthesized } from 'aws-cdk-lib/assertions';
import { InstanceType } from 'aws-cdk-lib/aws-ec2';
import type { Template } from '../../../lab/aws/template/assembly';
import { planUpdate } from '../../../lab/aws/template/plan';
import { RESOURCE_TYPES } from '../../../lab/aws/template/resources';
import type { PostgresClusterProps } from '../../../lib';
import { cluster, testStack } from '../../lib/support';

/** What the lab would do about a redeploy of the real template. Whatever it could not do is an error here. */
const synthesized = (props: Partial<PostgresClusterProps>): Template['Resources'] =>
  (Synthesized.fromStack(cluster(props, testStack(5)).stack).toJSON() as unknown as Template).Resources;
const three = synthesized({});

function plan(from: Template['Resources'], to: Template['Resources']) {
  const { made, changed, removed, kept } = planUpdate(from, to, RESOURCE_TYPES);
  const types = (ids: readonly string[], of: Template['Resources']) =>
    [...new Set(ids.map((id) => of[id]?.Type.replace('AWS::', '')))].sort();
  return { made: types(made, to), changed: types(changed, to), removed: types(removed, from), kept: types(kept, from) };
}

const NOTHING = { made: [], changed: [], removed: [], kept: [] };

/** What a slot is made of, but for what is kept when it goes. */
const SLOT = [
  'AutoScaling::AutoScalingGroup',
  'EC2::LaunchTemplate',
  'IAM::InstanceProfile',
  'IAM::Policy',
  'IAM::Role',
];
const KEPT = ['EC2::Volume'];
/** Everybody's: the settings, and the health checker's list of slots. */
const SHARED = ['Lambda::Function', 'SSM::Parameter'];

describe('the lab can make a redeploy', () => {
  test('of the same template, which changes nothing', () => {
    expect(plan(three, synthesized({}))).toEqual(NOTHING);
  });

  test('with another instance type', () => {
    const other = synthesized({ instanceType: new InstanceType('t4g.large') });
    expect(plan(three, other)).toEqual({ ...NOTHING, changed: ['EC2::LaunchTemplate'] });
  });

  test('with larger volumes, which may grow further', () => {
    const other = synthesized({ storageSize: Size.gibibytes(100), maxStorageSize: Size.gibibytes(500) });
    expect(plan(three, other)).toEqual({ ...NOTHING, changed: ['EC2::Volume', 'IAM::Policy', 'SSM::Parameter'] });
  });

  test.each([
    [1, 3],
    [3, 5],
  ] as const)('from %d slots to %d', (from, to) => {
    const { made, changed, removed, kept } = plan(synthesized({ slots: from }), synthesized({ slots: to }));
    expect(made).toEqual([...SLOT, ...KEPT].sort());
    expect(changed).toEqual(SHARED);
    expect([removed, kept]).toEqual([[], []]);
  });

  test.each([
    [3, 1],
    [5, 3],
  ] as const)('from %d slots back to %d, which keeps volumes', (from, to) => {
    const { made, changed, removed, kept } = plan(synthesized({ slots: from }), synthesized({ slots: to }));
    expect(removed).toEqual(SLOT);
    expect(changed).toEqual(SHARED);
    expect(kept).toEqual(KEPT);
    expect(made).toEqual([]);
  });
});
