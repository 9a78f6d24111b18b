import { describe, expect, test } from '@jest/globals';
import type { App } from 'aws-cdk-lib';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { MachineImage, Port, SecurityGroup, SubnetFilter, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { PostgresCluster } from '../../lib';
import type { IPostgresCluster } from '../../lib';
import type { PostgresClusterBase } from '../../lib/postgres-cluster-ref';
import { allowing, cluster, plainTemplate, resources, statements, testApp, testStack, textOf } from './support';

describe('what the cluster offers', () => {
  test('endpoints', () => {
    const db = cluster();
    expect(db.writerEndpoint.socketAddress).toBe('writer.test-db.holdfast.internal:5432');
    expect(db.readerEndpoint.socketAddress).toBe('reader.test-db.holdfast.internal:5432');
    expect(db.slotEndpoints.map(({ hostname }) => hostname)).toEqual([
      'a.test-db.holdfast.internal',
      'b.test-db.holdfast.internal',
      'c.test-db.holdfast.internal',
    ]);
    expect(db.dsn).toBe(
      'postgresql://a.test-db.holdfast.internal:5432,b.test-db.holdfast.internal:5432,c.test-db.holdfast.internal:5432/app' +
        '?target_session_attrs=read-write&sslmode=verify-full&connect_timeout=2',
    );
  });

  test('connections, whose port is that of the clients', () => {
    const db = cluster();
    const app = SecurityGroup.fromSecurityGroupId(db.stack, 'App', 'sg-0123456789abcdef0');
    db.connections.allowDefaultPortFrom(app, 'the app');
    const rules = Object.values(resources(Template.fromStack(db.stack), 'AWS::EC2::SecurityGroupIngress'));
    expect(rules.map(({ Properties }) => Properties)).toContainEqual(
      expect.objectContaining({ Description: 'the app', FromPort: 5432, ToPort: 5432 }),
    );
  });

  test('outputs that an application and the command line read, each with the prefix of the construct and without a secret', () => {
    const outputs = (plainTemplate().toJSON() as { Outputs: Record<string, { Value: unknown }> }).Outputs;
    expect(Object.fromEntries(Object.entries(outputs).map(([name, { Value }]) => [name, textOf(Value)]))).toEqual({
      DbWriterEndpoint: 'writer.test-db.holdfast.internal',
      DbReaderEndpoint: 'reader.test-db.holdfast.internal',
      DbDsn: cluster().dsn,
      DbPort: '5432',
      DbDatabaseName: 'app',
      DbSecretArn: expect.stringMatching(/^<DbCredentialsMaster\w+>$/),
      DbCaCertificateParameterName: expect.stringMatching(/^<DbCredentialsCaCertificate\w+>$/),
      DbClientSecurityGroupId: expect.stringMatching(/^<DbSecurityGroupsClient\w+\.GroupId>$/),
      DbClusterName: 'test-db',
      DbSlots: 'a,b,c',
      DbRegisterTableName: expect.stringMatching(/^<DbRegisterTable\w+>$/),
      DbHealthCheckerLogGroupName: expect.stringMatching(/^<DbHealthCheckerLog\w+>$/),
      DbNodeLogGroupName: expect.stringMatching(/^<DbNodeLog\w+>$/),
    });
  });

  test.each([
    ['my', 'myDsn'],
    ['', 'Dsn'],
  ])('outputs with the prefix "%s"', (outputPrefix, name) => {
    expect(Template.fromStack(cluster({ outputPrefix }).stack).findOutputs(name)).toHaveProperty([name]);
  });

  test('an output prefix that CloudFormation refuses is an error', () => {
    expect(() => cluster({ outputPrefix: 'my-db' })).toThrow(
      'PostgresCluster: outputPrefix is "my-db"; allowed: nothing, or a letter followed by letters and digits',
    );
  });
});

describe.each<[string, (stack: Stack) => IPostgresCluster]>([
  ['a made cluster', (stack) => cluster({}, stack)],
  ['an imported cluster', imported],
])('%s', (_, make) => {
  test('lets an application read what a connection needs', () => {
    const stack = testStack();
    const role = new Role(stack, 'App', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
    make(stack).grantConnect(role).assertSuccess();
    const policy = statements(Template.fromStack(stack), /^AppDefaultPolicy/);
    expect(policy).toHaveLength(2);
    expect(allowing(policy, 'secretsmanager:GetSecretValue').Resource).toBeDefined();
    expect(allowing(policy, 'ssm:GetParameter').Resource).toBeDefined();
  });

  test('opens its port to an application', () => {
    const stack = testStack();
    const db = make(stack) as PostgresClusterBase;
    expect(db.connections.defaultPort?.toString()).toBe(Port.tcp(5432).toString());
    expect(db.connections.securityGroups).toHaveLength(1);
  });
});

test('an imported cluster has the endpoints of the one that was made', () => {
  const made = cluster({ zoneName: 'db.example.com' });
  const known = imported(testStack());
  expect(known.dsn).toBe(made.dsn);
  expect(known.writerEndpoint).toEqual(made.writerEndpoint);
  expect(known.readerEndpoint).toEqual(made.readerEndpoint);
  expect(known.slotEndpoints).toEqual(made.slotEndpoints);
});

function imported(stack: Stack): IPostgresCluster {
  return PostgresCluster.fromPostgresClusterAttributes(stack, 'Imported', {
    zoneName: 'db.example.com',
    databaseName: 'app',
    secret: Secret.fromSecretCompleteArn(
      stack,
      'Secret',
      'arn:aws:secretsmanager:eu-central-1:111111111111:secret:db-AbCdEf',
    ),
    caCertificate: StringParameter.fromStringParameterName(stack, 'Ca', 'ca'),
    clientSecurityGroup: SecurityGroup.fromSecurityGroupId(stack, 'Client', 'sg-0123456789abcdef0'),
    securityGroup: SecurityGroup.fromSecurityGroupId(stack, 'Nodes', 'sg-0123456789abcdef1'),
  });
}

describe('zones', () => {
  test('fewer than slots are an error', () => {
    expect(() => cluster({}, testStack(2))).toThrow(
      "PostgresCluster: slots is 3; allowed: at most as many slots as zones: the subnets lie in 2 (a stack without account and region knows two zones: name them with the VPC's availabilityZones)",
    );
  });

  test('as many as slots are enough', () => {
    expect(cluster({ slots: 1 }, testStack(2)).slots).toHaveLength(1);
  });

  test('without private subnets are an error', () => {
    const stack = testStack();
    const vpc = new Vpc(stack, 'Vpc', { subnetConfiguration: [{ name: 'Public', subnetType: SubnetType.PUBLIC }] });
    expect(() => cluster({ vpc }, stack)).toThrow(
      'PostgresCluster: vpc is "one without private subnets that reach the internet"; allowed: one that has them, or others that reach AWS by vpcSubnets',
    );
  });

  test('of ids that are not there are an error', () => {
    const vpcSubnets = { subnetFilters: [SubnetFilter.byIds(['subnet-0'])] };
    expect(() => cluster({ slots: 1, vpcSubnets })).toThrow(
      'PostgresCluster: slots is 1; allowed: at most as many slots as zones: the subnets lie in 0',
    );
  });

  test('are counted once, however many subnets they have', () => {
    const stack = testStack(2);
    const vpc = new Vpc(stack, 'Vpc', {
      subnetConfiguration: [
        { name: 'Public', subnetType: SubnetType.PUBLIC },
        { name: 'One', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
        { name: 'Two', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      ],
    });
    expect(() => cluster({ vpc }, stack)).toThrow('the subnets lie in 2');
  });

  test.each([
    ['the default', {}],
    ['a group', { vpcSubnets: { subnetGroupName: 'Data' } }],
    ['ids', { vpcSubnets: { subnetFilters: [SubnetFilter.byIds(['subnet-1'])] } }],
  ])('of a VPC that is still to be looked up are no error: the CLI would never look (subnets by %s)', (_, props) => {
    const stack = new Stack(testApp(), 'Test', {
      env: { account: '111111111111', region: 'eu-central-1' },
    });
    cluster({ ...props, vpc: Vpc.fromLookup(stack, 'Vpc', { vpcId: 'vpc-0123456789abcdef0' }) }, stack);
    const { missing } = (stack.node.root as App).synth().manifest;
    expect(missing).toMatchObject([
      { provider: 'vpc-provider', props: { filter: { 'vpc-id': 'vpc-0123456789abcdef0' } } },
    ]);
  });
});

test('two clusters of one stack have nothing in common but the VPC', () => {
  const stack = testStack();
  const vpc = new Vpc(stack, 'Vpc', { maxAzs: 3 });
  new PostgresCluster(stack, 'One', { vpc });
  new PostgresCluster(stack, 'Two', { vpc });
  const zones = Object.values(resources(Template.fromStack(stack), 'AWS::Route53::HostedZone'));
  expect(zones.map(({ Properties }) => Properties['Name'])).toEqual([
    'test-one.holdfast.internal.',
    'test-two.holdfast.internal.',
  ]);
});

describe('an image of the user', () => {
  const machineImage = MachineImage.genericLinux({ 'eu-central-1': 'ami-0123456789abcdef0' });

  test('together with a version is an error', () => {
    expect(() => cluster({ machineImage, machineImageVersion: '20260914-2601' })).toThrow(
      'PostgresCluster: machineImageVersion is "20260914-2601"; allowed: nothing when machineImage is given',
    );
  });

  test("takes the place of Debian's", () => {
    const stack = new Stack(testApp(), 'Test', { env: { region: 'eu-central-1' } });
    cluster(
      {
        machineImage,
        vpc: new Vpc(stack, 'Vpc', { availabilityZones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'] }),
      },
      stack,
    );
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: { ImageId: 'ami-0123456789abcdef0' },
    });
    expect(JSON.stringify(template.toJSON())).not.toContain('/aws/service/debian');
  });
});
