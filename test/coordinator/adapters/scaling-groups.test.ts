import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AutoScalingClient, TerminateInstanceInAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import type { AutoScalingGroup } from '../../../lab/aws/autoscaling/group';
import { ClusterScalingGroups } from '../../../coordinator/adapters/scaling-groups';
import { TestRegion } from '../../lab/aws/support/test-region';
import { eventually } from '../../agent/support/eventually';

const tag = (key: string, value: string) => ({ key, value, propagateAtLaunch: true });

let region: TestRegion;
let group: AutoScalingGroup;
let groups: ClusterScalingGroups;
let operator: AutoScalingClient;

beforeEach(async () => {
  region = await new TestRegion().start();
  group = await region.createGroup({ tags: [tag('holdfast:cluster', 'shop'), tag('holdfast:slot', 'c')] });
  group.hooks.push({
    name: 'terminating',
    transition: 'autoscaling:EC2_INSTANCE_TERMINATING',
    heartbeatTimeoutSeconds: 300,
    defaultResult: 'CONTINUE',
  });
  // What the health checker's role allows in the template.
  const keys = region.keysOfRole('health-checker', [
    {
      Effect: 'Allow',
      Action: ['autoscaling:DescribeAutoScalingGroups', 'autoscaling:DescribeLifecycleHooks'],
      Resource: '*',
    },
    {
      Effect: 'Allow',
      Action: 'autoscaling:CompleteLifecycleAction',
      Resource: 'arn:aws:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/*',
      Condition: { StringEquals: { 'autoscaling:ResourceTag/holdfast:cluster': 'shop' } },
    },
  ]);
  groups = new ClusterScalingGroups('shop', region.client(keys));
  operator = new AutoScalingClient(region.client());
});
afterEach(async () => {
  groups.close();
  operator.destroy();
  await region.close();
});

async function terminate(): Promise<string> {
  const InstanceId = group.members[0]?.instance.instanceId ?? '';
  await operator.send(
    new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: false }),
  );
  await eventually('the hook holds it', () => group.member(InstanceId)?.lifecycleState === 'Terminating:Wait');
  return InstanceId;
}

describe("the cluster's scaling groups", () => {
  it('tell which instances a hook holds, and let one go', async () => {
    expect(await groups.held()).toEqual([]);
    const instanceId = await terminate();
    const [instance] = await groups.held();
    expect(instance).toEqual({ instanceId, groupName: 'group-a', slot: 'c' });
    if (instance === undefined) throw new Error('Nothing is held.');
    await groups.letGo(instance);
    await eventually('it is gone', () => group.member(instanceId) === undefined);
    expect(await groups.held()).toEqual([]);
  });

  it("are the cluster's own, not another one's", async () => {
    await terminate();
    const others = new ClusterScalingGroups('other', region.client());
    expect(await others.held()).toEqual([]);
    others.close();
  });
});
