import {
  AutoScalingClient,
  type AutoScalingClientConfig,
  CompleteLifecycleActionCommand,
  DescribeLifecycleHooksCommand,
  paginateDescribeAutoScalingGroups,
} from '@aws-sdk/client-auto-scaling';
import { TAG } from '../../core/names';
import type { HeldInstance, ScalingGroups } from '../healer';

/** The groups that carry the cluster's tag. */
export class ClusterScalingGroups implements ScalingGroups {
  private readonly client: AutoScalingClient;

  constructor(
    private readonly cluster: string,
    config: AutoScalingClientConfig = {},
  ) {
    this.client = new AutoScalingClient({
      requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
      ...config,
    });
  }

  async held(): Promise<readonly HeldInstance[]> {
    const held: HeldInstance[] = [];
    const mine = { Filters: [{ Name: `tag:${TAG.cluster}`, Values: [this.cluster] }] };
    for await (const page of paginateDescribeAutoScalingGroups({ client: this.client }, mine)) {
      for (const group of page.AutoScalingGroups ?? []) {
        const slot = group.Tags?.find(({ Key }) => Key === TAG.slot)?.Value ?? '';
        const groupName = group.AutoScalingGroupName ?? '';
        for (const { InstanceId, LifecycleState } of group.Instances ?? []) {
          if (LifecycleState !== 'Terminating:Wait' || InstanceId === undefined) continue;
          held.push({ instanceId: InstanceId, groupName, slot });
        }
      }
    }
    return held;
  }

  async letGo({ instanceId, groupName }: HeldInstance): Promise<void> {
    const { LifecycleHooks } = await this.client.send(
      new DescribeLifecycleHooksCommand({ AutoScalingGroupName: groupName }),
    );
    for (const { LifecycleHookName, LifecycleTransition } of LifecycleHooks ?? []) {
      if (LifecycleTransition !== 'autoscaling:EC2_INSTANCE_TERMINATING') continue;
      await this.client.send(
        new CompleteLifecycleActionCommand({
          AutoScalingGroupName: groupName,
          LifecycleHookName,
          InstanceId: instanceId,
          LifecycleActionResult: 'CONTINUE',
        }),
      );
    }
  }

  close(): void {
    this.client.destroy();
  }
}
