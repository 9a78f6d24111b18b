import { describe, expect, test } from '@jest/globals';
import { Size } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { InstanceType } from 'aws-cdk-lib/aws-ec2';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { PostgresClusterProps } from '../../lib';
import { WhenNoStandby } from '../../lib';
import { cluster, resource, resources, testStack } from './support';

/** In a VPC of five zones, so that the number of slots changes nothing but slots. */
const template = (props: Partial<PostgresClusterProps>) => Template.fromStack(cluster(props, testStack(5)).stack);

/** What replaces nodes when it changes: a group's launch template, subnets and instance choice. */
function nodes(of: Template): Record<string, unknown> {
  return Object.fromEntries(
    ['A', 'B', 'C'].map((slot) => [
      slot,
      {
        launchTemplate: resource(of, 'AWS::EC2::LaunchTemplate', new RegExp(`Slot${slot}`)).Properties,
        group: resource(of, 'AWS::AutoScaling::AutoScalingGroup', new RegExp(`Slot${slot}`)).Properties,
      },
    ]),
  );
}

const three = template({});

describe('a redeploy replaces no node', () => {
  test('when nothing has changed', () => {
    expect(template({}).toJSON()).toEqual(three.toJSON());
  });

  test.each<[string, Partial<PostgresClusterProps>]>([
    ['from 3 to 5 slots', { slots: 5 }],
    ['a larger volume', { storageSize: Size.gibibytes(200) }],
    ['a faster volume', { storageThroughput: 250, storageIops: 4000 }],
    ['volumes that may grow by themselves', { maxStorageSize: Size.gibibytes(500) }],
    ['other parameters', { parameters: { work_mem: '64MB' } }],
    ['other extensions', { extensions: ['postgis', 'pg_trgm'] }],
    ['another number of confirmations', { acks: 2 }],
    ['another policy', { whenNoStandby: WhenNoStandby.BLOCK }],
    ['logs that are kept longer', { logRetention: RetentionDays.ONE_YEAR }],
    ['no deletion protection', { deletionProtection: false }],
  ])('for %s', (_what, props) => {
    expect(nodes(template(props))).toEqual(nodes(three));
  });

  test('from 1 slot to 3', () => {
    const one = template({ slots: 1 });
    const slotA = (of: Template) => resource(of, 'AWS::EC2::LaunchTemplate', /SlotA/).Properties;
    expect(slotA(one)).toEqual(slotA(three));
  });

  test('and keeps the volumes of slots that it takes away', () => {
    expect(Object.values(resources(three, 'AWS::EC2::Volume')).map(({ DeletionPolicy }) => DeletionPolicy)).toEqual([
      'Retain',
      'Retain',
      'Retain',
    ]);
  });
});

test.each<[string, Partial<PostgresClusterProps>]>([
  ['another instance type', { instanceType: new InstanceType('m7g.large') }],
  ['another image', { machineImageVersion: '20991231-1' }],
])('%s replaces every node', (_what, props) => {
  const changed = nodes(template(props));
  for (const [slot, node] of Object.entries(nodes(three))) expect(changed[slot]).not.toEqual(node);
});
