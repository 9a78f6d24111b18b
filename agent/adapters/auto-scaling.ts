import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeLifecycleHooksCommand,
  RecordLifecycleActionHeartbeatCommand,
} from '@aws-sdk/client-auto-scaling';
import type { GroupApi, TerminationHook } from '../lifecycle';
import { AwsCallFailed, calling, type ClientSettings } from './aws';

const TERMINATING = 'autoscaling:EC2_INSTANCE_TERMINATING';

/** Auto Scaling's own when a hook does not say. */
const DEFAULT_HEARTBEAT_SECONDS = 3_600;

/** This instance's group. Neither it nor its hook has a name that user data could tell: the template names nothing. */
export class AutoScaling implements GroupApi {
  private readonly client: AutoScalingClient;

  constructor(settings: ClientSettings) {
    this.client = new AutoScalingClient(settings);
  }

  async terminationHook(instanceId: string): Promise<TerminationHook | undefined> {
    const { AutoScalingInstances } = await calling('DescribeAutoScalingInstances', () =>
      this.client.send(new DescribeAutoScalingInstancesCommand({ InstanceIds: [instanceId] })),
    );
    const group = AutoScalingInstances?.[0]?.AutoScalingGroupName;
    if (group === undefined) return undefined;
    const { LifecycleHooks } = await calling('DescribeLifecycleHooks', () =>
      this.client.send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName: group })),
    );
    const hook = LifecycleHooks?.find(({ LifecycleTransition }) => LifecycleTransition === TERMINATING);
    if (hook?.LifecycleHookName === undefined) return undefined;
    return {
      group,
      name: hook.LifecycleHookName,
      heartbeatSeconds: hook.HeartbeatTimeout ?? DEFAULT_HEARTBEAT_SECONDS,
    };
  }

  async heartbeat(hook: TerminationHook, instanceId: string): Promise<void> {
    await calling('RecordLifecycleActionHeartbeat', () =>
      this.client.send(new RecordLifecycleActionHeartbeatCommand({ ...action(hook), InstanceId: instanceId })),
    );
  }

  async complete(hook: TerminationHook, instanceId: string): Promise<'completed' | 'not-held'> {
    const command = new CompleteLifecycleActionCommand({
      ...action(hook),
      InstanceId: instanceId,
      LifecycleActionResult: 'CONTINUE',
    });
    try {
      await calling('CompleteLifecycleAction', () => this.client.send(command));
      return 'completed';
    } catch (error) {
      // What Auto Scaling says when nothing is held back; there is no call that would tell beforehand.
      if (error instanceof AwsCallFailed && error.message.includes('No active Lifecycle Action')) return 'not-held';
      throw error;
    }
  }
}

function action(hook: TerminationHook): { AutoScalingGroupName: string; LifecycleHookName: string } {
  return { AutoScalingGroupName: hook.group, LifecycleHookName: hook.name };
}
