import { describe, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { InstanceType, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { RemovalPolicy, Size } from 'aws-cdk-lib';
import { cluster, clusterTemplate, plainTemplate, resource, resources, testStack, textOf } from './support';

const GROUP = 'AWS::AutoScaling::AutoScalingGroup';
const VOLUME = 'AWS::EC2::Volume';
const LAUNCH_TEMPLATE = 'AWS::EC2::LaunchTemplate';
const SLOTS = ['A', 'B', 'C'];

function launchTemplateData(id: RegExp, template = plainTemplate()): Record<string, unknown> {
  return resource(template, LAUNCH_TEMPLATE, id).Properties['LaunchTemplateData'] as Record<string, unknown>;
}

describe('each slot', () => {
  test.each(SLOTS)('%s has a group of exactly one, in one subnet', (slot) => {
    const { Properties: group } = resource(plainTemplate(), GROUP, new RegExp(`Slot${slot}`));
    expect(group).toMatchObject({ MinSize: '1', MaxSize: '1', DesiredCapacity: '1' });
    expect(group['VPCZoneIdentifier']).toHaveLength(1);
  });

  test('has a zone of its own, for the group and for the volume', () => {
    const zones = SLOTS.map((slot) => {
      const volume = resource(plainTemplate(), VOLUME, new RegExp(`Slot${slot}`)).Properties['AvailabilityZone'];
      const [subnetRef] = resource(plainTemplate(), GROUP, new RegExp(`Slot${slot}`)).Properties[
        'VPCZoneIdentifier'
      ] as { Ref: string }[];
      const subnet = resource(plainTemplate(), 'AWS::EC2::Subnet', new RegExp(`^${subnetRef?.Ref}$`)).Properties;
      expect(subnet['AvailabilityZone']).toEqual(volume);
      expect(subnet['MapPublicIpOnLaunch']).toBe(false);
      return textOf(volume);
    });
    expect(zones).toEqual(['zones[0]', 'zones[1]', 'zones[2]']);
  });

  test.each(SLOTS)('%s has an encrypted gp3 volume that outlives the stack', (slot) => {
    expect(resource(plainTemplate(), VOLUME, new RegExp(`Slot${slot}`))).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: { VolumeType: 'gp3', Encrypted: true, Size: 20, Throughput: 125, Iops: 3000 },
    });
  });

  test.each(SLOTS)('%s carries its tags on group, instances and volume', (slot) => {
    const tags = { 'holdfast:cluster': 'test-db', 'holdfast:slot': slot.toLowerCase() };
    const group = resource(plainTemplate(), GROUP, new RegExp(`Slot${slot}`)).Properties['Tags'];
    const volume = resource(plainTemplate(), VOLUME, new RegExp(`Slot${slot}`)).Properties['Tags'];
    for (const [Key, Value] of Object.entries(tags)) {
      expect(group).toContainEqual({ Key, Value, PropagateAtLaunch: true });
      expect(volume).toContainEqual({ Key, Value });
    }
  });

  test.each(SLOTS)('%s: no tag key has a "/" or a space', (slot) => {
    const tags = resource(plainTemplate(), GROUP, new RegExp(`Slot${slot}`)).Properties['Tags'] as { Key: string }[];
    for (const { Key } of tags) {
      expect(Key).not.toMatch(/[/ ]/);
    }
  });
});

describe('a node', () => {
  test.each(SLOTS)('of slot %s takes metadata by session token only, from the instance itself', (slot) => {
    expect(launchTemplateData(new RegExp(`Slot${slot}`))['MetadataOptions']).toEqual({
      HttpTokens: 'required',
      HttpPutResponseHopLimit: 1,
      InstanceMetadataTags: 'disabled',
    });
  });

  test.each(SLOTS)('of slot %s has no public address and no key pair', (slot) => {
    const data = launchTemplateData(new RegExp(`Slot${slot}`));
    expect(data['NetworkInterfaces']).toMatchObject([{ AssociatePublicIpAddress: false, DeviceIndex: 0 }]);
    expect(data).not.toHaveProperty('KeyName');
  });

  test.each(SLOTS)('of slot %s has an encrypted root', (slot) => {
    expect(launchTemplateData(new RegExp(`Slot${slot}`))['BlockDeviceMappings']).toEqual([
      { DeviceName: '/dev/xvda', Ebs: { Encrypted: true, VolumeSize: 16, VolumeType: 'gp3' } },
    ]);
  });

  test('boots on Debian 13 in one version, by a parameter whose name is in its logical id', () => {
    const { Ref: parameter } = launchTemplateData(/SlotA/)['ImageId'] as { Ref: string };
    const parameters = plainTemplate().toJSON() as { Parameters: Record<string, unknown> };
    expect(parameters.Parameters[parameter]).toEqual({
      Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
      Default: expect.stringMatching(/^\/aws\/service\/debian\/release\/13\/\d{8}-\d+\/arm64$/),
    });
    const raised = launchTemplateData(/SlotA/, clusterTemplate({ machineImageVersion: '20991231-1' }))['ImageId'];
    expect(raised).not.toEqual({ Ref: parameter });
  });

  test('of an x86 instance type boots on the amd64 image', () => {
    const template = clusterTemplate({ instanceType: new InstanceType('m7i.large') });
    const defaults = Object.values(
      (template.toJSON() as { Parameters: Record<string, { Default: string }> }).Parameters,
    ).map((parameter) => parameter.Default);
    expect(defaults.filter((name) => name.startsWith('/aws/service/debian'))).toEqual([
      expect.stringMatching(/\/amd64$/),
    ]);
    expect(launchTemplateData(/SlotB/, template)['InstanceType']).toBe('m7i.large');
  });

  test.each(['latest', '13', '20260914', '20260914-2601/arm64'])('image version %s is an error', (version) => {
    expect(() => cluster({ machineImageVersion: version })).toThrow(
      `PostgresCluster: machineImageVersion is "${version}"; allowed: <yyyymmdd>-<number>`,
    );
  });

  test.each(['medium', 't4g', 'T4g.medium', ''])('instance type "%s" is an error', (name) => {
    expect(() => cluster({ instanceType: new InstanceType(name) })).toThrow(
      `PostgresCluster: instanceType is "${name}"; allowed: an EC2 instance type, e.g. t4g.medium`,
    );
  });
});

describe('a group waits until a node can come up', () => {
  test.each(SLOTS)('slot %s', (slot) => {
    const template = plainTemplate();
    const dependsOn = resource(template, GROUP, new RegExp(`Slot${slot}`)).DependsOn ?? [];
    const index = SLOTS.indexOf(slot) + 1;
    for (const [what, pattern] of Object.entries({
      'the default route': new RegExp(`^VpcPrivateSubnet${index}DefaultRoute`),
      'the route table': new RegExp(`^VpcPrivateSubnet${index}RouteTableAssociation`),
      'the gateway endpoint of DynamoDB': /^VpcHoldfastDynamoDbEndpoint/,
      'the gateway endpoint of S3': /^VpcHoldfastS3Endpoint/,
      'its policy': new RegExp(`^DbSlot${slot}RoleDefaultPolicy`),
      'its volume': new RegExp(`^DbSlot${slot}Data`),
      'its name': new RegExp(`^DbEndpointsSlot${slot}`),
    })) {
      expect([what, dependsOn.filter((id) => pattern.test(id)).length]).toEqual([what, 1]);
    }
    const rules = [
      ...Object.keys(resources(template, 'AWS::EC2::SecurityGroupIngress')),
      ...Object.keys(resources(template, 'AWS::EC2::SecurityGroupEgress')),
    ];
    expect(rules.length).toBeGreaterThan(0);
    expect(dependsOn).toEqual(expect.arrayContaining(rules));
  });

  test("the default route goes through the zone's own NAT gateway", () => {
    const gateways = SLOTS.map(
      (_, index) =>
        resource(plainTemplate(), 'AWS::EC2::Route', new RegExp(`^VpcPrivateSubnet${index + 1}DefaultRoute`))
          .Properties['NatGatewayId'] as { Ref: string },
    );
    expect(new Set(gateways.map(({ Ref }) => Ref)).size).toBe(3);
  });

  test('also for an interface endpoint that is made after the cluster', () => {
    const stack = testStack();
    const vpc = new Vpc(stack, 'Vpc', { maxAzs: 3 });
    cluster({ vpc }, stack);
    vpc.addInterfaceEndpoint('Late', { service: { name: 'com.amazonaws.eu-central-1.ec2', port: 443 } });
    const dependsOn = resource(Template.fromStack(stack), GROUP, /SlotA/).DependsOn ?? [];
    expect(dependsOn.filter((id) => /^VpcLate/.test(id))).not.toEqual([]);
  });
});

describe('an update', () => {
  test.each(SLOTS)('of slot %s takes the old node away before it launches the new one', (slot) => {
    const group = resource(plainTemplate(), GROUP, new RegExp(`Slot${slot}`));
    expect(group.UpdatePolicy).toMatchObject({
      AutoScalingRollingUpdate: {
        MinInstancesInService: 0,
        MaxBatchSize: 1,
        WaitOnResourceSignals: true,
        PauseTime: 'PT1H',
      },
    });
    expect(group.Properties['InstanceMaintenancePolicy']).toEqual({
      MinHealthyPercentage: 0,
      MaxHealthyPercentage: 100,
    });
  });

  test.each(SLOTS)(
    'of slot %s does not wait for a signal when the group is made: the first node needs the others',
    (slot) => {
      expect(resource(plainTemplate(), GROUP, new RegExp(`Slot${slot}`))).not.toHaveProperty('CreationPolicy');
    },
  );

  test('takes one group after the other, the first slot last', () => {
    const ids = SLOTS.map((slot) =>
      Object.keys(resources(plainTemplate(), GROUP)).find((id) => id.includes(`Slot${slot}`)),
    );
    const waitsFor = SLOTS.map((slot) =>
      (resource(plainTemplate(), GROUP, new RegExp(`Slot${slot}`)).DependsOn ?? []).filter((id) => ids.includes(id)),
    );
    expect(waitsFor).toEqual([[ids[1]], [ids[2]], []]);
  });
});

describe('health', () => {
  test.each(SLOTS)('of slot %s is what EC2 says, after a grace period; EBS has no say', (slot) => {
    expect(resource(plainTemplate(), GROUP, new RegExp(`Slot${slot}`)).Properties).toMatchObject({
      HealthCheckType: 'EC2',
      HealthCheckGracePeriod: 300,
    });
  });

  test.each(SLOTS)(
    'slot %s has a hook that holds a terminating node for minutes, and that goes with the group, not before it',
    (slot) => {
      const group = resource(plainTemplate(), GROUP, new RegExp(`Slot${slot}`));
      expect(group.Properties['LifecycleHookSpecificationList']).toEqual([
        {
          LifecycleHookName: 'holdfast-terminating',
          LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
          HeartbeatTimeout: 300,
          DefaultResult: 'CONTINUE',
        },
      ]);
    },
  );
});

describe('choices', () => {
  test('one slot is one group, five slots are five', () => {
    expect(Object.keys(resources(clusterTemplate({ slots: 1 }), GROUP))).toHaveLength(1);
    const volumes = Object.values(resources(Template.fromStack(cluster({ slots: 5 }, testStack(5)).stack), VOLUME));
    expect(volumes.map(({ Properties }) => textOf(Properties['AvailabilityZone']))).toEqual(
      [0, 1, 2, 3, 4].map((index) => `zones[${index}]`),
    );
  });

  test('the volumes are as large and as fast as chosen', () => {
    const template = clusterTemplate({ storageSize: Size.gibibytes(100), storageThroughput: 500, storageIops: 6000 });
    for (const { Properties } of Object.values(resources(template, VOLUME))) {
      expect(Properties).toMatchObject({ Size: 100, Throughput: 500, Iops: 6000 });
    }
  });

  test.each([
    [RemovalPolicy.DESTROY, 'Delete'],
    [RemovalPolicy.SNAPSHOT, 'Snapshot'],
  ])('removal policy %s', (removalPolicy, DeletionPolicy) => {
    for (const volume of Object.values(resources(clusterTemplate({ removalPolicy }), VOLUME))) {
      expect(volume).toMatchObject({ DeletionPolicy, UpdateReplacePolicy: DeletionPolicy });
    }
  });

  test('subnets of the user', () => {
    const stack = testStack();
    const vpc = new Vpc(stack, 'Vpc', {
      maxAzs: 3,
      subnetConfiguration: [
        { name: 'Public', subnetType: SubnetType.PUBLIC },
        { name: 'Apps', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
        { name: 'Data', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      ],
    });
    cluster({ vpc, vpcSubnets: { subnetGroupName: 'Data' } }, stack);
    const groups = Object.values(resources(Template.fromStack(stack), GROUP));
    expect(groups.map(({ Properties }) => textOf((Properties['VPCZoneIdentifier'] as unknown[])[0]))).toEqual([
      expect.stringMatching(/^<VpcDataSubnet1/),
      expect.stringMatching(/^<VpcDataSubnet2/),
      expect.stringMatching(/^<VpcDataSubnet3/),
    ]);
  });
});
