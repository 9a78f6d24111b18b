import { AutoScalingClient, TerminateInstanceInAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { AutoScaling } from '../../../agent/adapters/auto-scaling';
import { clientSettings } from '../../../agent/adapters/aws';
import { Ec2Volumes } from '../../../agent/adapters/ec2-volumes';
import { PrivateZone } from '../../../agent/adapters/route53';
import { TestRegion } from '../../lab/aws/support/test-region';
import { eventually } from '../support/eventually';

/** The adapters with the SDK's own clients, over HTTP, against the lab's region, which is as strict as AWS. */
jest.setTimeout(120_000);

let region: TestRegion;

beforeEach(async () => {
  region = await new TestRegion().start();
});

afterEach(async () => {
  await region.close();
});

const settings = () => ({ ...clientSettings('eu-west-1'), ...region.client() });

describe('volumes', () => {
  test('are found where they are, and attached once', async () => {
    const volumes = new Ec2Volumes(settings());
    const { volumeId } = await region.createVolume();
    const { instanceId } = await region.runInstance();
    expect(await volumes.find(volumeId)).toEqual({ kind: 'available', zone: 'eu-west-1a' });
    await volumes.attach(volumeId, instanceId, '/dev/sdf');
    await eventually('it is attached', () => region.host.calls.includes(`attach ${volumeId} ${instanceId} /dev/sdf`));
    await eventually('EC2 says so', async () => {
      const place = await volumes.find(volumeId);
      return place.kind === 'attached' && place.state === 'attached';
    });
    expect(await volumes.find(volumeId)).toEqual({ kind: 'attached', instanceId, state: 'attached' });
    const other = await region.runInstance();
    await expect(volumes.attach(volumeId, other.instanceId, '/dev/sdf')).rejects.toMatchObject({
      name: 'AwsCallFailed',
      code: 'VolumeInUse',
    });
  });

  test('of another zone are refused by name', async () => {
    const volumes = new Ec2Volumes(settings());
    const { volumeId } = await region.createVolume('eu-west-1b');
    const { instanceId } = await region.runInstance();
    await expect(volumes.attach(volumeId, instanceId, '/dev/sdf')).rejects.toThrow(
      'AttachVolume: InvalidVolume.ZoneMismatch',
    );
  });
});

describe("the instance's group", () => {
  test('is found with its terminating hook, which holds the instance until it is let go', async () => {
    const group = await region.createGroup();
    group.hooks.push({
      name: 'Terminating-1X2Y',
      transition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      heartbeatTimeoutSeconds: 300,
      defaultResult: 'CONTINUE',
    });
    const instanceId = group.members[0]?.instance.instanceId ?? '';
    const api = new AutoScaling(settings());
    const hook = { group: 'group-a', name: 'Terminating-1X2Y', heartbeatSeconds: 300 };
    expect(await api.terminationHook(instanceId)).toEqual(hook);
    expect(await api.complete(hook, instanceId)).toBe('not-held');
    await expect(api.heartbeat(hook, instanceId)).rejects.toThrow('RecordLifecycleActionHeartbeat: ValidationError');

    const autoScaling = new AutoScalingClient(settings());
    await autoScaling.send(
      new TerminateInstanceInAutoScalingGroupCommand({ InstanceId: instanceId, ShouldDecrementDesiredCapacity: false }),
    );
    await api.heartbeat(hook, instanceId);
    expect(region.instances.get(instanceId).state).toBe('running');
    expect(await api.complete(hook, instanceId)).toBe('completed');
    await eventually('it goes', () => region.instances.get(instanceId).state === 'terminated');
    expect(await api.complete(hook, instanceId)).toBe('not-held');
  });

  test('is none for an instance that stands alone, and has no hook unless the template gave it one', async () => {
    const api = new AutoScaling(settings());
    const { instanceId } = await region.runInstance();
    expect(await api.terminationHook(instanceId)).toBeUndefined();
    const group = await region.createGroup();
    expect(await api.terminationHook(group.members[0]?.instance.instanceId ?? '')).toBeUndefined();
  });
});

describe('the private zone', () => {
  test('gets the address of a name, new or replaced', async () => {
    const zone = region.zones.create('shop.internal');
    const names = new PrivateZone({ ...settings(), ...region.client(undefined, 'us-east-1') }, zone.zoneId);
    for (const address of ['10.0.1.7', '10.0.1.8']) {
      await names.upsertAddress('a.shop.internal', address, 1);
      await eventually('the zone has it', () =>
        (region.host.zoneContents.get('shop.internal') ?? []).some(
          ({ name, values, ttlSeconds }) => name === 'a.shop.internal' && values[0] === address && ttlSeconds === 1,
        ),
      );
    }
  });

  test('refuses a zone that is not there, by name', async () => {
    const names = new PrivateZone({ ...settings(), ...region.client(undefined, 'us-east-1') }, 'Z0NOTTHERE');
    await expect(names.upsertAddress('a.shop.internal', '10.0.1.7', 1)).rejects.toThrow('NoSuchHostedZone');
  });
});
