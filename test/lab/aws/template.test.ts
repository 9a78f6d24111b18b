import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Account } from '../../../lab/aws/account';
import { accountOf, readAssembly, type Template } from '../../../lab/aws/template/assembly';
import { zipDirectory } from '../../../lab/aws/template/assets';
import { dependenciesOf } from '../../../lab/aws/template/order';
import { parameterValues } from '../../../lab/aws/template/parameters';
import { StackProvisioner } from '../../../lab/aws/template/provision';
import { Resolver, type Provisioned } from '../../../lab/aws/template/resolver';
import { TestRegion } from './support/test-region';
import { until } from './support/until';

const PROVISIONED = new Map<string, Provisioned>([
  ['Volume', { physicalId: 'vol-1', attributes: { VolumeId: 'vol-1' } }],
  ['Role', { physicalId: 'role-1', attributes: { Arn: 'arn:aws:iam::123456789012:role/role-1' } }],
]);

function resolver(template: Partial<Template> = {}, parameters: ReadonlyMap<string, unknown> = new Map()) {
  return new Resolver(
    new Account(),
    { Resources: {}, ...template },
    { name: 'Stack', id: 'stack-id' },
    parameters,
    PROVISIONED,
  );
}

describe('intrinsic functions', () => {
  test.each<[string, unknown, unknown]>([
    ['Ref of a resource', { Ref: 'Volume' }, 'vol-1'],
    ['Ref of a pseudo parameter', { Ref: 'AWS::Region' }, 'eu-west-1'],
    ['Ref of AWS::NoValue', { a: { Ref: 'AWS::NoValue' }, b: 1 }, { b: 1 }],
    ['GetAtt', { 'Fn::GetAtt': ['Role', 'Arn'] }, 'arn:aws:iam::123456789012:role/role-1'],
    ['GetAtt in one text', { 'Fn::GetAtt': 'Volume.VolumeId' }, 'vol-1'],
    ['Join', { 'Fn::Join': ['-', ['a', { Ref: 'Volume' }, 3]] }, 'a-vol-1-3'],
    [
      'Sub',
      { 'Fn::Sub': '${AWS::AccountId}/${Volume}/${Role.Arn}/${!Literal}' },
      '123456789012/vol-1/arn:aws:iam::123456789012:role/role-1/${Literal}',
    ],
    ['Sub with variables', { 'Fn::Sub': ['${x}-${Volume}', { x: { Ref: 'AWS::Partition' } }] }, 'aws-vol-1'],
    ['Select and GetAZs', { 'Fn::Select': [2, { 'Fn::GetAZs': '' }] }, 'eu-west-1c'],
    ['Split', { 'Fn::Split': [',', 'a,b'] }, ['a', 'b']],
    ['Base64', { 'Fn::Base64': { 'Fn::Join': ['', ['#!', '/bin/sh']] } }, 'IyEvYmluL3No'],
    ['Cidr', { 'Fn::Cidr': ['10.0.0.0/16', 3, 8] }, ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24']],
    ['nested in lists', [{ Ref: 'Volume' }, { x: [{ Ref: 'AWS::StackName' }] }], ['vol-1', { x: ['Stack'] }]],
  ])('%s', (_name, value, expected) => {
    expect(resolver().resolve(value)).toEqual(expected);
  });

  test('conditions, mappings and parameters', () => {
    const template: Partial<Template> = {
      Conditions: {
        IsIreland: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-west-1'] },
        Both: { 'Fn::And': [{ Condition: 'IsIreland' }, { 'Fn::Not': [{ 'Fn::Equals': ['a', { Ref: 'P' }] }] }] },
        Either: { 'Fn::Or': [{ 'Fn::Equals': ['a', { Ref: 'P' }] }, { Condition: 'IsIreland' }] },
      },
      Mappings: { Sizes: { 'eu-west-1': { large: 3 } } },
    };
    const subject = resolver(template, new Map([['P', 'b']]));
    expect(subject.resolve({ 'Fn::If': ['Both', 'yes', 'no'] })).toBe('yes');
    expect(subject.condition('Either')).toBe(true);
    expect(subject.resolve({ 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'large'] })).toBe(3);
    expect(subject.resolve({ Ref: 'P' })).toBe('b');
  });

  test.each<[string, unknown, string]>([
    ['unknown functions', { 'Fn::Transform': {} }, 'the lab does not know Fn::Transform'],
    ['unknown names', { Ref: 'Nothing' }, 'Nothing is no parameter and no provisioned resource'],
    [
      'unknown attributes',
      { 'Fn::GetAtt': ['Volume', 'Colour'] },
      'the lab does not know the attribute Colour of Volume',
    ],
    ['other stacks', { 'Fn::ImportValue': 'x' }, 'Fn::ImportValue needs another stack; the lab runs one'],
    ['other regions', { 'Fn::GetAZs': 'us-east-1' }, 'the lab has no region us-east-1'],
  ])('%s are errors', (_name, value, message) => {
    expect(() => resolver().resolve(value)).toThrow(message);
  });
});

describe('parameters', () => {
  const values = (Parameters: Template['Parameters']) => parameterValues({ Resources: {}, Parameters });

  test('take their defaults; images come from public parameters', () => {
    const found = values({
      Image: {
        Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
        Default: '/aws/service/debian/release/13/20260914-2601/arm64',
      },
      List: { Type: 'CommaDelimitedList', Default: 'a, b' },
    });
    expect(found.get('Image')).toMatch(/^ami-0[0-9a-f]{16}$/);
    expect(found.get('List')).toEqual(['a', 'b']);
  });

  test('are errors without a default and with an unknown public parameter', () => {
    expect(() => values({ P: { Type: 'String' } })).toThrow('the parameter P has no default');
    const other = { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/aws/service/other' };
    expect(() => values({ P: other })).toThrow('the parameter P reads /aws/service/other, which the lab does not know');
  });
});

describe('the order of resources', () => {
  const typed = (Properties: Record<string, unknown>, DependsOn?: string | string[]) => ({
    Type: 'T',
    Properties,
    ...(DependsOn === undefined ? {} : { DependsOn }),
  });

  test('follows references and DependsOn', () => {
    const graph = dependenciesOf({
      A: typed({ x: { 'Fn::GetAtt': ['B', 'Arn'] }, y: { 'Fn::Sub': '${C.Id} ${AWS::Region}' } }),
      B: typed({}, 'C'),
      C: typed({}),
    });
    expect([...(graph.get('A') ?? [])].sort()).toEqual(['B', 'C']);
    expect([...(graph.get('B') ?? [])]).toEqual(['C']);
  });

  test('a circle and a missing name are errors', () => {
    expect(() => dependenciesOf({ A: typed({ x: { Ref: 'B' } }), B: typed({}, ['A']) })).toThrow(
      'circular dependency between resources: A → B → A',
    );
    expect(() => dependenciesOf({ A: typed({}, 'Z') })).toThrow('A depends on Z, which does not exist');
  });
});

describe('provisioning', () => {
  let region: TestRegion;
  let progress: string[];

  beforeEach(() => {
    region = new TestRegion();
    progress = [];
  });
  afterEach(() => region.close());

  const run = (Resources: Template['Resources'], more: Partial<Template> = {}) =>
    new StackProvisioner({ stackName: 'Stack', template: { Resources, ...more }, assets: [] }, region.cloud, (line) =>
      progress.push(line),
    ).run();

  const network = (): Template['Resources'] => ({
    Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' } },
    Subnet: {
      Type: 'AWS::EC2::Subnet',
      Properties: {
        VpcId: { Ref: 'Vpc' },
        CidrBlock: '10.0.1.0/24',
        AvailabilityZone: { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] },
      },
    },
    Group: {
      Type: 'AWS::EC2::SecurityGroup',
      Properties: { GroupDescription: 'nodes', VpcId: { Ref: 'Vpc' } },
    },
  });

  const group = (): Template['Resources'] => ({
    ...network(),
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'ec2.amazonaws.com' } }],
        },
      },
    },
    Profile: { Type: 'AWS::IAM::InstanceProfile', Properties: { Roles: [{ Ref: 'Role' }] } },
    Template: {
      Type: 'AWS::EC2::LaunchTemplate',
      Properties: {
        LaunchTemplateData: {
          ImageId: 'ami-1',
          InstanceType: 't4g.small',
          IamInstanceProfile: { Arn: { 'Fn::GetAtt': ['Profile', 'Arn'] } },
          SecurityGroupIds: [{ Ref: 'Group' }],
          MetadataOptions: { HttpTokens: 'required' },
          UserData: { 'Fn::Base64': 'hello' },
        },
      },
    },
    Asg: {
      Type: 'AWS::AutoScaling::AutoScalingGroup',
      Properties: {
        MinSize: '1',
        MaxSize: '1',
        LaunchTemplate: {
          LaunchTemplateId: { Ref: 'Template' },
          Version: { 'Fn::GetAtt': ['Template', 'LatestVersionNumber'] },
        },
        VPCZoneIdentifier: [{ Ref: 'Subnet' }],
        Tags: [{ Key: 'holdfast:slot', Value: 'a', PropagateAtLaunch: true }],
      },
    },
    Hook: {
      Type: 'AWS::AutoScaling::LifecycleHook',
      Properties: {
        AutoScalingGroupName: { Ref: 'Asg' },
        LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
        HeartbeatTimeout: 300,
      },
    },
  });

  test('makes the machines of a group, with addresses of their subnet, and says what it made', async () => {
    const stack = await run(group(), { Outputs: { Name: { Value: { Ref: 'Asg' } } } });
    expect(region.host.started).toMatchObject([
      { address: '10.0.1.4', memoryMiB: 1024, securityGroupIds: [stack.resources['Group']?.physicalId] },
    ]);
    const [only] = region.cloud.groups.list();
    expect(stack.outputs['Name']).toBe(only?.spec.name);
    expect(stack.resources['Asg']).toEqual({ type: 'AWS::AutoScaling::AutoScalingGroup', physicalId: only?.spec.name });
    expect(only?.members[0]).toMatchObject({
      lifecycleState: 'InService',
      instance: {
        spec: {
          userData: Buffer.from('hello'),
          roleName: stack.resources['Role']?.physicalId,
          metadata: { tokensRequired: true },
          tags: { 'holdfast:slot': 'a', 'aws:autoscaling:groupName': only?.spec.name },
        },
      },
    });
    expect(only?.hooks).toMatchObject([{ heartbeatTimeoutSeconds: 300, defaultResult: 'ABANDON' }]);
    expect(progress.some((line) => line.startsWith('AWS::EC2::VPC Vpc vpc-'))).toBe(true);
  });

  test('the template times can be shortened by a factor', async () => {
    await region.close();
    region = new TestRegion({ templateTimeFactor: 0.01 });
    await run(group());
    expect(region.cloud.groups.list()[0]?.hooks).toMatchObject([{ heartbeatTimeoutSeconds: 3 }]);
  });

  test('security groups become packet-filter rules, with the default egress where none is stated', async () => {
    const stack = await run({
      ...network(),
      Ingress: {
        Type: 'AWS::EC2::SecurityGroupIngress',
        Properties: {
          GroupId: { 'Fn::GetAtt': ['Group', 'GroupId'] },
          IpProtocol: 'tcp',
          FromPort: 5433,
          ToPort: 5434,
          SourceSecurityGroupId: { 'Fn::GetAtt': ['Group', 'GroupId'] },
        },
      },
    });
    const securityGroupId = stack.resources['Group']?.physicalId ?? '';
    expect(region.host.rules).toEqual([
      { securityGroupId, direction: 'egress', protocol: 'all', peer: { kind: 'cidr', cidr: '0.0.0.0/0' } },
      {
        ...{ securityGroupId, direction: 'ingress', protocol: 'tcp' },
        ports: { from: 5433, to: 5434 },
        peer: { kind: 'group', securityGroupId },
      },
    ]);
  });

  test('a private subnet reaches AWS by a NAT gateway that has a way out itself, or by endpoints', async () => {
    const routed: Template['Resources'] = {
      ...network(),
      Public: {
        Type: 'AWS::EC2::Subnet',
        Properties: { VpcId: { Ref: 'Vpc' }, CidrBlock: '10.0.9.0/24', AvailabilityZone: 'eu-west-1a' },
      },
      Igw: { Type: 'AWS::EC2::InternetGateway' },
      Eip: { Type: 'AWS::EC2::EIP', Properties: { Domain: 'vpc' } },
      Nat: {
        Type: 'AWS::EC2::NatGateway',
        Properties: { AllocationId: { 'Fn::GetAtt': ['Eip', 'AllocationId'] }, SubnetId: { Ref: 'Public' } },
      },
    };
    const table = (name: string, subnet: string, target?: object): Template['Resources'] => ({
      [name]: { Type: 'AWS::EC2::RouteTable', Properties: { VpcId: { Ref: 'Vpc' } } },
      [`${name}Of`]: {
        Type: 'AWS::EC2::SubnetRouteTableAssociation',
        Properties: { RouteTableId: { Ref: name }, SubnetId: { Ref: subnet } },
      },
      ...(target === undefined
        ? {}
        : {
            [`${name}Default`]: {
              Type: 'AWS::EC2::Route',
              Properties: { RouteTableId: { Ref: name }, DestinationCidrBlock: '0.0.0.0/0', ...target },
            },
          }),
    });
    const toNat = { NatGatewayId: { Ref: 'Nat' } };
    const reaches = (service: string) => region.cloud.network.isServiceReachable('10.0.1.7', service);

    await run({ ...routed, ...table('Private', 'Subnet', toNat) });
    expect(reaches('ec2')).toBe(false);

    await region.close();
    region = new TestRegion();
    await run({
      ...routed,
      ...table('Private', 'Subnet', toNat),
      ...table('Out', 'Public', { GatewayId: { Ref: 'Igw' } }),
    });
    expect(reaches('ec2')).toBe(true);

    await region.close();
    region = new TestRegion();
    const serviceName = { 'Fn::Sub': 'com.amazonaws.${AWS::Region}.dynamodb' };
    await run({
      ...network(),
      ...table('Private', 'Subnet'),
      Endpoint: {
        Type: 'AWS::EC2::VPCEndpoint',
        Properties: { VpcId: { Ref: 'Vpc' }, ServiceName: serviceName, RouteTableIds: [{ Ref: 'Private' }] },
      },
    });
    expect([reaches('dynamodb'), reaches('ec2')]).toEqual([true, false]);
  });

  test('a private zone and its records are answered when the stack exists', async () => {
    await run({
      ...network(),
      Zone: {
        Type: 'AWS::Route53::HostedZone',
        Properties: { Name: 'db.internal.', VPCs: [{ VPCId: { Ref: 'Vpc' }, VPCRegion: { Ref: 'AWS::Region' } }] },
      },
      Record: {
        Type: 'AWS::Route53::RecordSet',
        Properties: {
          ...{ HostedZoneId: { Ref: 'Zone' }, Name: 'a.db.internal.', Type: 'A', TTL: '1' },
          ResourceRecords: ['192.0.2.1'],
        },
      },
    });
    expect(region.host.zoneContents.get('db.internal')).toContainEqual({
      ...{ name: 'a.db.internal', type: 'A', ttlSeconds: 1, values: ['192.0.2.1'] },
    });
  });

  describe('is an error, naming resource and type, for', () => {
    test('an unknown resource type, before anything is made', async () => {
      const unknown = { ...network(), Queue: { Type: 'AWS::SQS::Queue' }, Topic: { Type: 'AWS::SNS::Topic' } };
      await expect(run(unknown)).rejects.toThrow(
        'Queue: the lab does not know the resource type AWS::SQS::Queue\nTopic: the lab does not know the resource type AWS::SNS::Topic',
      );
      expect(region.cloud.network.vpcs.size).toBe(0);
    });

    test('an unknown property', async () => {
      const vpc = { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16', Ipv4IpamPoolId: 'x' } };
      await expect(run({ Vpc: vpc })).rejects.toThrow(/^Vpc \(AWS::EC2::VPC\): .*Ipv4IpamPoolId/s);
    });

    test('an unknown attribute of a resource', async () => {
      const waiting = { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' }, CreationPolicy: {} };
      await expect(run({ Vpc: waiting })).rejects.toThrow(
        'Vpc (AWS::EC2::VPC): the lab does not know the attribute CreationPolicy',
      );
    });

    test('user data that EC2 would refuse', async () => {
      const resources = group();
      const data = resources['Template']?.Properties?.['LaunchTemplateData'] as Record<string, unknown>;
      data['UserData'] = { 'Fn::Base64': 'x'.repeat(16 * 1024 + 1) };
      await expect(run(resources)).rejects.toThrow(
        'Template (AWS::EC2::LaunchTemplate): user data is 16385 bytes long; EC2 takes at most 16384',
      );
    });

    test('a subnet outside its VPC', async () => {
      const resources = network();
      Object.assign(resources['Subnet']?.Properties ?? {}, { CidrBlock: '10.1.0.0/24' });
      await expect(run(resources)).rejects.toThrow('Subnet (AWS::EC2::Subnet): InvalidSubnet.Range');
    });

    test('a rule of the template that does not hold', async () => {
      const Rules = {
        Check: { Assertions: [{ Assert: { 'Fn::Equals': ['a', 'b'] }, AssertDescription: 'must be equal' }] },
      };
      await expect(run({}, { Rules })).rejects.toThrow('rule Check of the template: must be equal');
    });
  });

  test('a failure waits for what was begun beside it', async () => {
    const start = region.host.machines.start.bind(region.host.machines);
    let boots: (() => void) | undefined;
    region.host.machines.start = async (spec) => {
      await new Promise<void>((resolve) => (boots = resolve));
      return start(spec);
    };
    const ended: string[] = [];
    const broken = { Type: 'AWS::EC2::Volume', Properties: {}, DependsOn: 'Template' };
    const running = run({ ...group(), Broken: broken }).catch((error: Error) => ended.push(error.message));
    await until(() => boots !== undefined);
    expect(ended).toEqual([]);
    boots?.();
    await running;
    expect(ended.join()).toContain('Broken (AWS::EC2::Volume)');
    expect(region.host.started).toHaveLength(1);
  });
});

describe('the assembly', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-assembly-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const stackArtifact = { type: 'aws:cloudformation:stack', properties: { templateFile: 't.json' } };
  const write = (name: string, content: object) => writeFile(join(directory, name), JSON.stringify(content));

  test('is read with its one stack and its assets', async () => {
    await write('manifest.json', {
      artifacts: {
        Holdfast: stackArtifact,
        'Holdfast.assets': { type: 'cdk:asset-manifest', properties: { file: 'assets.json' } },
      },
    });
    await write('t.json', { Resources: { A: { Type: 'T' } } });
    await write('assets.json', {
      files: {
        x: {
          source: { path: 'asset.x', packaging: 'zip' },
          destinations: { d: { bucketName: 'b-${AWS::Region}', objectKey: 'x.zip' } },
        },
      },
      dockerImages: {},
    });
    expect(await readAssembly(directory)).toEqual({
      stackName: 'Holdfast',
      template: { Resources: { A: { Type: 'T' } } },
      assets: [
        { path: join(directory, 'asset.x'), packaging: 'zip', bucketName: 'b-${AWS::Region}', objectKey: 'x.zip' },
      ],
    });
  });

  test.each([
    ['aws://unknown-account/unknown-region', '123456789012', 'eu-west-1'],
    ['aws://unknown-account/eu-central-1', '123456789012', 'eu-central-1'],
    ['aws://111122223333/us-east-2', '111122223333', 'us-east-2'],
  ])('%s is account %s in %s', async (environment, accountId, region) => {
    await write('manifest.json', { artifacts: { One: { ...stackArtifact, environment } } });
    const account = await accountOf(directory);
    expect(account).toMatchObject({ accountId, region });
    expect(account.zones).toEqual([`${region}a`, `${region}b`, `${region}c`]);
    expect(account.arn('ssm', 'x')).toBe(`arn:aws:ssm:${region}:${accountId}:x`);
  });

  test('of another partition is an error', async () => {
    await write('manifest.json', { artifacts: { One: { ...stackArtifact, environment: 'aws://1/cn-north-1' } } });
    await expect(accountOf(directory)).rejects.toThrow(
      'the lab knows no region of another partition, as cn-north-1 is',
    );
  });

  test('with two stacks is an error that names them', async () => {
    await write('manifest.json', { artifacts: { One: stackArtifact, Two: stackArtifact } });
    await expect(readAssembly(directory)).rejects.toThrow('holds 2 stacks (One, Two)');
  });

  test('a directory always gives the same zip', async () => {
    const source = join(directory, 'asset');
    await mkdir(join(source, 'files'), { recursive: true });
    await writeFile(join(source, 'agent.js'), 'x');
    await writeFile(join(source, 'files', 'install.sh'), 'y');
    const [one, two] = [join(directory, '1.zip'), join(directory, '2.zip')];
    await zipDirectory(source, one);
    await writeFile(join(source, 'agent.js'), 'x');
    await zipDirectory(source, two);
    expect(await readFile(one)).toEqual(await readFile(two));
  });
});
