import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  AttachVolumeCommand,
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  DescribeTagsCommand,
  DescribeVolumesCommand,
  DetachVolumeCommand,
  EC2Client,
  ModifyVolumeCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { TestRegion } from './support/test-region';
import { until } from './support/until';

describe('EC2', () => {
  let region: TestRegion;
  let ec2: EC2Client;

  beforeEach(async () => {
    region = await new TestRegion().start();
    ec2 = new EC2Client(region.client());
  });
  afterEach(async () => {
    ec2.destroy();
    await region.close();
  });

  const attach = (VolumeId: string, InstanceId: string, Device = '/dev/sdf') =>
    ec2.send(new AttachVolumeCommand({ VolumeId, InstanceId, Device }));

  describe('AttachVolume', () => {
    test('attaches an available volume to a running instance and the machine gets the device', async () => {
      const instance = await region.runInstance();
      const { volumeId } = await region.createVolume();
      expect(await attach(volumeId, instance.instanceId)).toMatchObject({ State: 'attaching', VolumeId: volumeId });
      await until(async () => {
        const { Volumes } = await ec2.send(new DescribeVolumesCommand({ VolumeIds: [volumeId] }));
        return Volumes?.[0]?.Attachments?.[0]?.State === 'attached';
      });
      expect(region.host.calls).toContain(`attach ${volumeId} ${instance.instanceId} /dev/sdf`);
    });

    test('refuses a volume that another instance has', async () => {
      const [first, second] = [await region.runInstance(), await region.runInstance()];
      const { volumeId } = await region.createVolume();
      await attach(volumeId, first.instanceId);
      await expect(attach(volumeId, second.instanceId)).rejects.toMatchObject({
        name: 'VolumeInUse',
        message: `${volumeId} is already attached to an instance`,
      });
    });

    test('lets one of many at the same time win', async () => {
      const instances = await Promise.all([1, 2, 3, 4].map(() => region.runInstance()));
      const { volumeId } = await region.createVolume();
      const results = await Promise.allSettled(instances.map(({ instanceId }) => attach(volumeId, instanceId)));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    test('refuses a volume of another zone', async () => {
      const instance = await region.runInstance('subnet-b');
      const { volumeId } = await region.createVolume('eu-west-1a');
      await expect(attach(volumeId, instance.instanceId)).rejects.toMatchObject({ name: 'InvalidVolume.ZoneMismatch' });
    });

    test('refuses an instance that shuts down', async () => {
      const instance = await region.runInstance();
      const { volumeId } = await region.createVolume();
      region.host.holdShutdowns();
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instance.instanceId] }));
      await expect(attach(volumeId, instance.instanceId)).rejects.toMatchObject({ name: 'IncorrectState' });
      region.host.finishShutdowns();
    });

    test('refuses a device that is taken, and ids that do not exist', async () => {
      const { instanceId } = await region.runInstance();
      const [first, second] = [await region.createVolume(), await region.createVolume()];
      await attach(first.volumeId, instanceId);
      await expect(attach(second.volumeId, instanceId)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
      await expect(attach('vol-none', instanceId)).rejects.toMatchObject({ name: 'InvalidVolume.NotFound' });
      await expect(attach(second.volumeId, 'i-none')).rejects.toMatchObject({ name: 'InvalidInstanceID.NotFound' });
    });
  });

  describe('DetachVolume', () => {
    test('frees a volume of a living machine', async () => {
      const { instanceId } = await region.runInstance();
      const { volumeId } = await region.createVolume();
      await attach(volumeId, instanceId);
      await ec2.send(new DetachVolumeCommand({ VolumeId: volumeId }));
      await until(async () => {
        const { Volumes } = await ec2.send(new DescribeVolumesCommand({ VolumeIds: [volumeId] }));
        return Volumes?.[0]?.State === 'available';
      });
    });

    test('stays detaching on a dead machine until EC2 has terminated the instance', async () => {
      const { instanceId } = await region.runInstance();
      const other = await region.runInstance();
      const { volumeId } = await region.createVolume();
      await attach(volumeId, instanceId);
      region.host.die(instanceId);
      expect(await ec2.send(new DetachVolumeCommand({ VolumeId: volumeId }))).toMatchObject({ State: 'detaching' });
      await expect(attach(volumeId, other.instanceId)).rejects.toMatchObject({ name: 'VolumeInUse' });
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
      await until(() => region.instances.get(instanceId).state === 'terminated');
      await expect(attach(volumeId, other.instanceId)).resolves.toMatchObject({ State: 'attaching' });
    });

    test('never by force', async () => {
      const { instanceId } = await region.runInstance();
      const { volumeId } = await region.createVolume();
      await attach(volumeId, instanceId);
      await expect(ec2.send(new DetachVolumeCommand({ VolumeId: volumeId, Force: true }))).rejects.toThrow(
        'The lab does not emulate a forced DetachVolume, which loses data.',
      );
    });
  });

  test('a kept volume comes free only when its instance has terminated', async () => {
    const { instanceId } = await region.runInstance();
    const { volumeId } = await region.createVolume();
    await attach(volumeId, instanceId);
    region.host.holdShutdowns();
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    const during = await ec2.send(new DescribeVolumesCommand({ VolumeIds: [volumeId] }));
    expect(during.Volumes?.[0]?.State).toBe('in-use');
    region.host.finishShutdowns();
    await until(() => region.instances.get(instanceId).state === 'terminated');
    const after = await ec2.send(new DescribeVolumesCommand({ VolumeIds: [volumeId] }));
    expect(after.Volumes?.[0]?.State).toBe('available');
  });

  describe('a dead host', () => {
    const statusOfDead = async (of: TestRegion, client: EC2Client) => {
      const { instanceId } = await of.runInstance();
      of.host.die(instanceId);
      await until(() => of.instances.get(instanceId).deadSinceMs !== undefined);
      return async () => {
        const answer = await client.send(new DescribeInstanceStatusCommand({ InstanceIds: [instanceId] }));
        return answer.InstanceStatuses?.[0];
      };
    };

    test('is running and in order as far as AWS knows, at first', async () => {
      const slow = await new TestRegion({ impairedAfterMs: 3600_000 }).start();
      const client = new EC2Client(slow.client());
      const status = await statusOfDead(slow, client);
      expect(await status()).toMatchObject({ InstanceState: { Name: 'running' }, SystemStatus: { Status: 'ok' } });
      client.destroy();
      await slow.close();
    });

    test('is reported as impaired after a while, and still as running', async () => {
      const status = await statusOfDead(region, ec2);
      await until(async () => (await status())?.SystemStatus?.Status === 'impaired');
      expect(await status()).toMatchObject({
        InstanceState: { Name: 'running' },
        InstanceStatus: { Status: 'impaired', Details: [{ Name: 'reachability', Status: 'failed' }] },
      });
    });
  });

  test('describes instances by id, by tag and by state', async () => {
    const instance = await region.runInstance('subnet-a', { 'holdfast:slot': 'a' });
    await region.runInstance('subnet-b', { 'holdfast:slot': 'b' });
    const { Reservations } = await ec2.send(
      new DescribeInstancesCommand({
        Filters: [
          { Name: 'tag:holdfast:slot', Values: ['a'] },
          { Name: 'instance-state-name', Values: ['pending', 'running'] },
        ],
      }),
    );
    expect(Reservations).toHaveLength(1);
    expect(Reservations?.[0]?.Instances?.[0]).toMatchObject({
      InstanceId: instance.instanceId,
      State: { Name: 'running', Code: 16 },
      Placement: { AvailabilityZone: 'eu-west-1a' },
      PrivateIpAddress: '10.0.1.4',
      PrivateDnsName: 'ip-10-0-1-4.eu-west-1.compute.internal',
      LaunchTime: instance.launchedAt,
      Tags: [{ Key: 'holdfast:slot', Value: 'a' }],
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { DeleteOnTermination: true } }],
    });
    const { Tags } = await ec2.send(
      new DescribeTagsCommand({ Filters: [{ Name: 'resource-type', Values: ['instance'] }] }),
    );
    expect(Tags?.map(({ Value }) => Value).sort()).toEqual(['a', 'b']);
  });

  test('refuses filters and actions that it does not know', async () => {
    const unknown = new DescribeInstancesCommand({ Filters: [{ Name: 'colour', Values: ['red'] }] });
    await expect(ec2.send(unknown)).rejects.toMatchObject({
      name: 'InvalidParameterValue',
      message: "The filter 'colour' is invalid",
    });
  });

  test('grows a volume, never shrinks it, four times a day', async () => {
    const { volumeId } = await region.createVolume();
    const modify = (Size: number) => ec2.send(new ModifyVolumeCommand({ VolumeId: volumeId, Size }));
    await expect(modify(10)).rejects.toMatchObject({ message: 'New size cannot be smaller than existing size' });
    for (const size of [21, 22, 23, 24]) await modify(size);
    await expect(modify(25)).rejects.toMatchObject({ name: 'VolumeModificationRateExceeded' });
    expect(region.host.calls.filter((call) => call.startsWith('grow'))).toHaveLength(4);
  });

  test('an address is used again only after its instance has terminated', async () => {
    const first = await region.runInstance();
    const second = await region.runInstance();
    expect([first.address, second.address]).toEqual(['10.0.1.4', '10.0.1.5']);
    await region.instances.terminate(first.instanceId, { code: 'Test', message: 'test' });
    expect((await region.runInstance()).address).toBe('10.0.1.4');
  });
});
