import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeLifecycleHooksCommand,
  RecordLifecycleActionHeartbeatCommand,
  SetInstanceHealthCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import type { AutoScalingGroup } from '../../../lab/aws/autoscaling/group';
import { LifecycleAction } from '../../../lab/aws/autoscaling/hook';
import { Background } from '../../../lab/aws/background';
import { TestRegion } from './support/test-region';
import { until } from './support/until';

const HOOK = 'terminating';

describe('Auto Scaling', () => {
  let region: TestRegion;
  let autoScaling: AutoScalingClient;
  let group: AutoScalingGroup;

  beforeEach(async () => {
    region = await new TestRegion().start();
    autoScaling = new AutoScalingClient(region.client());
    group = await region.createGroup();
  });
  afterEach(async () => {
    autoScaling.destroy();
    await region.close();
  });

  const only = () => {
    const [member, ...others] = group.members;
    if (member === undefined || others.length > 0) throw new Error(`the group has ${group.members.length} members`);
    return member;
  };
  const addHook = (heartbeatTimeoutSeconds: number) =>
    group.hooks.push({
      name: HOOK,
      transition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      heartbeatTimeoutSeconds,
      defaultResult: 'CONTINUE',
    });
  const terminate = (InstanceId: string) =>
    autoScaling.send(
      new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: false }),
    );
  const named = { AutoScalingGroupName: 'group-a', LifecycleHookName: HOOK };

  test('launches what is desired and describes it', async () => {
    const { AutoScalingGroups } = await autoScaling.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['group-a'] }),
    );
    expect(AutoScalingGroups).toHaveLength(1);
    expect(AutoScalingGroups?.[0]).toMatchObject({
      DesiredCapacity: 1,
      AvailabilityZones: ['eu-west-1a'],
      CreatedTime: group.createdAt,
      Instances: [{ LifecycleState: 'InService', HealthStatus: 'Healthy', InstanceType: 't4g.small' }],
      Tags: [{ Key: 'holdfast:slot', Value: 'a', PropagateAtLaunch: true }],
    });
  });

  test('replaces an impaired host: the replacement runs beside the old one, which waits in its hook', async () => {
    addHook(60);
    const { instanceId: lost } = only().instance;
    region.host.die(lost);
    await until(() => group.member(lost)?.lifecycleState === 'Terminating:Wait');
    await until(() => group.members.some(({ lifecycleState }) => lifecycleState === 'InService'));
    expect(group.members.map(({ lifecycleState }) => lifecycleState)).toEqual(['InService', 'Terminating:Wait']);
    expect(region.instances.get(lost).state).toBe('running');
  });

  test('leaves an impaired host alone during its grace period', async () => {
    const patient = await region.createGroup({ name: 'patient', healthCheckGraceMs: 3600_000 });
    const [member] = patient.members;
    region.host.die(member?.instance.instanceId ?? '');
    await until(() => member !== undefined && region.instances.isImpaired(member.instance));
    patient.check();
    expect(patient.members.map(({ lifecycleState }) => lifecycleState)).toEqual(['InService']);
  });

  test('an instance that terminates is told so by its target state, and goes when the hook is completed', async () => {
    addHook(60);
    const { instanceId } = only().instance;
    expect(group.targetLifecycleState(instanceId)).toBe('InService');
    await terminate(instanceId);
    expect(group.targetLifecycleState(instanceId)).toBe('Terminated');
    expect(region.instances.get(instanceId).state).toBe('running');
    await autoScaling.send(
      new CompleteLifecycleActionCommand({ ...named, InstanceId: instanceId, LifecycleActionResult: 'CONTINUE' }),
    );
    await until(() => region.instances.get(instanceId).state === 'terminated');
    expect(region.host.calls).toContain(`shutdown ${instanceId}`);
    await until(() => group.member(instanceId) === undefined);
  });

  test('a hook that nobody completes ends by its heartbeat time-out', async () => {
    addHook(0.02);
    const { instanceId } = only().instance;
    await terminate(instanceId);
    await until(() => region.instances.get(instanceId).state === 'terminated');
    expect(region.log).toContain(`${instanceId}: lifecycle hook ${HOOK} timed out`);
  });

  test('a heartbeat is taken while the hook holds the instance', async () => {
    addHook(60);
    const { instanceId } = only().instance;
    await terminate(instanceId);
    const heartbeat = new RecordLifecycleActionHeartbeatCommand({ ...named, InstanceId: instanceId });
    await expect(autoScaling.send(heartbeat)).resolves.toBeDefined();
    expect(group.member(instanceId)?.lifecycleState).toBe('Terminating:Wait');
  });

  test('an action can be completed or renewed only while it holds its instance', async () => {
    addHook(60);
    const { instanceId } = only().instance;
    const complete = () =>
      autoScaling.send(
        new CompleteLifecycleActionCommand({ ...named, InstanceId: instanceId, LifecycleActionResult: 'CONTINUE' }),
      );
    const refusal = {
      name: 'ValidationError',
      message: `No active Lifecycle Action found with instance ID ${instanceId}`,
    };
    await expect(complete()).rejects.toMatchObject(refusal);
    await terminate(instanceId);
    await complete();
    await expect(complete()).rejects.toMatchObject(refusal);
    const heartbeat = new RecordLifecycleActionHeartbeatCommand({ ...named, InstanceId: instanceId });
    await expect(autoScaling.send(heartbeat)).rejects.toMatchObject(refusal);
  });

  test('the old volume is busy until the old instance has terminated', async () => {
    const { volumeId } = await region.createVolume();
    const old = only().instance;
    region.volumes.attach(volumeId, old, '/dev/sdf');
    region.host.holdShutdowns();
    await terminate(old.instanceId);
    await until(() => group.members.some(({ lifecycleState }) => lifecycleState === 'InService'));
    const replacement = group.members[0]?.instance;
    if (replacement === undefined) throw new Error('there is no replacement');
    expect(() => region.volumes.attach(volumeId, replacement, '/dev/sdf')).toThrow('already attached');
    region.host.finishShutdowns();
    await until(() => region.instances.get(old.instanceId).state === 'terminated');
    expect(region.volumes.attach(volumeId, replacement, '/dev/sdf').attachment?.instanceId).toBe(
      replacement.instanceId,
    );
  });

  test('without capacity the replacement is launched as soon as there is some', async () => {
    region.instances.setCapacity('eu-west-1a', false);
    const { instanceId } = only().instance;
    await terminate(instanceId);
    await until(() => group.members.length === 0);
    await until(() => region.log.some((line) => line.includes('InsufficientInstanceCapacity')));
    region.instances.setCapacity('eu-west-1a', true);
    await until(() => group.members[0]?.lifecycleState === 'InService');
  });

  test('an instance told to be unhealthy is replaced at the next check', async () => {
    const { instanceId } = only().instance;
    await autoScaling.send(new SetInstanceHealthCommand({ InstanceId: instanceId, HealthStatus: 'Unhealthy' }));
    await until(() => region.instances.get(instanceId).state === 'terminated');
  });

  test('an instance that EC2 terminates directly is replaced too', async () => {
    const { instanceId } = only().instance;
    region.instances.terminateInBackground(instanceId);
    await until(() => group.member(instanceId) === undefined && group.members[0]?.lifecycleState === 'InService');
  });

  test('describes instances and hooks', async () => {
    addHook(300);
    const { instanceId } = only().instance;
    const instances = await autoScaling.send(new DescribeAutoScalingInstancesCommand({ InstanceIds: [instanceId] }));
    expect(instances.AutoScalingInstances).toMatchObject([
      { InstanceId: instanceId, AutoScalingGroupName: 'group-a', LifecycleState: 'InService', HealthStatus: 'HEALTHY' },
    ]);
    const hooks = await autoScaling.send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName: 'group-a' }));
    expect(hooks.LifecycleHooks).toMatchObject([{ LifecycleHookName: HOOK, HeartbeatTimeout: 300 }]);
  });
});

describe('a lifecycle action', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const begin = (heartbeatTimeoutSeconds: number) =>
    new LifecycleAction(
      {
        name: HOOK,
        transition: 'autoscaling:EC2_INSTANCE_TERMINATING',
        heartbeatTimeoutSeconds,
        defaultResult: 'CONTINUE',
      },
      new Background(() => undefined),
    );

  test('ends when its heartbeat is not renewed in time; each renewal begins the time anew', () => {
    const action = begin(300);
    for (let renewal = 0; renewal < 3; renewal += 1) {
      jest.advanceTimersByTime(299_000);
      action.heartbeat();
    }
    expect(action.isActive).toBe(true);
    jest.advanceTimersByTime(299_999);
    expect(action.isActive).toBe(true);
    jest.advanceTimersByTime(1);
    expect(action.isActive).toBe(false);
  });

  test('ends after a hundred heartbeats, however often it is renewed', () => {
    const action = begin(300);
    for (let minutes = 0; minutes < 499; minutes += 1) {
      jest.advanceTimersByTime(60_000);
      action.heartbeat();
    }
    expect(action.isActive).toBe(true);
    jest.advanceTimersByTime(60_000);
    expect(action.isActive).toBe(false);
  });
});
