import { describe, expect, test } from '@jest/globals';
import { Size } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import {
  allowing,
  actionsOf,
  clusterTemplate,
  cluster,
  plainTemplate,
  resource,
  resources,
  statements,
  textOf,
} from './support';
import type { Statement } from './support';

const NODE_A = /^DbSlotARoleDefaultPolicy/;
const CHECKER = /^DbHealthCheckerRoleDefaultPolicy/;

/** These calls know no resources: AWS accepts "*" only. */
const WITHOUT_RESOURCES = [
  'autoscaling:DescribeAutoScalingGroups',
  'autoscaling:DescribeAutoScalingInstances',
  'autoscaling:DescribeLifecycleHooks',
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeInstances',
  'ec2:DescribeInstanceStatus',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DescribeVolumes',
  'ec2:UnassignPrivateIpAddresses',
];

const resourcesOf = (statement: Statement) =>
  [statement.Resource]
    .flat()
    .map((one) => textOf(one))
    .sort();
const allActions = (id: RegExp) => statements(plainTemplate(), id).flatMap(actionsOf).sort();

describe('a node may', () => {
  const node = () => statements(plainTemplate(), NODE_A);

  test('do these things and no others', () => {
    expect([...new Set(allActions(NODE_A))]).toEqual([
      'autoscaling:CompleteLifecycleAction',
      'autoscaling:DescribeAutoScalingGroups',
      'autoscaling:DescribeAutoScalingInstances',
      'autoscaling:DescribeLifecycleHooks',
      'autoscaling:RecordLifecycleActionHeartbeat',
      'cloudformation:SignalResource',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
      'ec2:AttachVolume',
      'ec2:DescribeInstances',
      'ec2:DescribeVolumes',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'route53:ChangeResourceRecordSets',
      'route53:ListResourceRecordSets',
      's3:GetObject',
      'secretsmanager:GetSecretValue',
      'secretsmanager:PutSecretValue',
      'ssm:GetParameter',
      'ssm:PutParameter',
    ]);
  });

  test('make its own volume larger, where volumes may grow by themselves', () => {
    const growing = statements(clusterTemplate({ maxStorageSize: Size.gibibytes(500) }), NODE_A);
    const modify = allowing(growing, 'ec2:ModifyVolume');
    expect(resourcesOf(modify)).toEqual([expect.stringMatching(/:volume\/<DbSlotAData\w+>$/)]);
    expect(modify.Condition).toEqual(allowing(node(), 'ec2:AttachVolume').Condition);
  });

  test('signal the resources of its own stack', () => {
    expect(resourcesOf(allowing(node(), 'cloudformation:SignalResource'))).toEqual(['<AWS::StackId>']);
  });

  test("read the whole register, and write its own slot's items, the cluster's and a coordinator's", () => {
    expect(allowing(node(), 'dynamodb:GetItem')).not.toHaveProperty('Condition');
    const write = allowing(node(), 'dynamodb:PutItem');
    expect(actionsOf(write)).toEqual(['dynamodb:PutItem', 'dynamodb:UpdateItem']);
    expect(write.Condition).toEqual({
      'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['node#a', 'cluster', 'coordinator'] },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    });
    expect(resourcesOf(write)).toEqual([expect.stringMatching(/^<DbRegisterTable\w+\.Arn>$/)]);
  });

  test('attach its own volume to an instance of its own slot', () => {
    const attach = allowing(node(), 'ec2:AttachVolume');
    expect(resourcesOf(attach)).toEqual([
      'arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/*',
      expect.stringMatching(/^arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:volume\/<DbSlotAData\w+>$/),
    ]);
    expect(attach.Condition).toEqual({
      StringEquals: { 'ec2:ResourceTag/holdfast:cluster': 'test-db', 'ec2:ResourceTag/holdfast:slot': 'a' },
    });
  });

  test.each([
    ['renew the lifecycle hook of its own group', 'RecordLifecycleActionHeartbeat', { 'holdfast:slot': 'a' }],
    ["complete that of any of the cluster's groups: it may have to coordinate", 'CompleteLifecycleAction', {}],
  ])('%s, named by its tags: its name would be a circle', (_what, action, tags) => {
    const answer = allowing(node(), `autoscaling:${action}`);
    expect(resourcesOf(answer)).toEqual([
      'arn:<AWS::Partition>:autoscaling:<AWS::Region>:<AWS::AccountId>:autoScalingGroup:*:autoScalingGroupName/*',
    ]);
    const wanted = Object.entries({ 'holdfast:cluster': 'test-db', ...tags });
    expect(answer.Condition).toEqual({
      StringEquals: Object.fromEntries(wanted.map(([tag, value]) => [`autoscaling:ResourceTag/${tag}`, value])),
    });
  });

  test("copy its journal into streams of its own slot, and not speak for another's", () => {
    const put = allowing(node(), 'logs:PutLogEvents');
    expect(actionsOf(put)).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
    expect(resourcesOf(put)).toEqual([
      expect.stringMatching(
        /^arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:<DbNodeLog\w+>:log-stream:a\/\*$/,
      ),
    ]);
  });

  test('publish its own address, and not delete it; and move the endpoints, since it may have to coordinate', () => {
    const changes = node().filter((statement) => actionsOf(statement).includes('route53:ChangeResourceRecordSets'));
    const keys = ['NormalizedRecordNames', 'RecordTypes', 'Actions'].map(
      (key) => `route53:ChangeResourceRecordSets${key}`,
    );
    const limitedTo = (...values: readonly (readonly string[])[]) => ({
      'ForAllValues:StringEquals': Object.fromEntries(keys.map((key, at) => [key, values[at]])),
      Null: Object.fromEntries(keys.map((key) => [key, 'false'])),
    });
    const endpoints = ['writer', 'reader', '_holdfast-writer'].map((name) => `${name}.test-db.holdfast.internal`);
    expect(changes.map(({ Condition }) => Condition)).toEqual([
      limitedTo(['a.test-db.holdfast.internal'], ['A'], ['UPSERT']),
      limitedTo(endpoints, ['A', 'TXT'], ['CREATE', 'DELETE', 'UPSERT']),
    ]);
  });

  test("read three secrets, and write the CA's key", () => {
    expect(resourcesOf(allowing(node(), 'secretsmanager:GetSecretValue'))).toEqual([
      expect.stringMatching(/^<DbCredentialsCaKey/),
      expect.stringMatching(/^<DbCredentialsMaster/),
      expect.stringMatching(/^<DbCredentialsMonitor/),
    ]);
    expect(resourcesOf(allowing(node(), 'secretsmanager:PutSecretValue'))).toEqual([
      expect.stringMatching(/^<DbCredentialsCaKey/),
    ]);
  });

  test('read settings and CA certificate, and write the certificate', () => {
    expect(resourcesOf(allowing(node(), 'ssm:GetParameter'))).toEqual([
      expect.stringMatching(/parameter\/<DbCredentialsCaCertificate/),
      expect.stringMatching(/parameter\/<DbSettings/),
    ]);
    expect(resourcesOf(allowing(node(), 'ssm:PutParameter'))).toEqual([
      expect.stringMatching(/parameter\/<DbCredentialsCaCertificate/),
    ]);
  });

  test('fetch the bundle that its user data names, and nothing else from the bucket', () => {
    const [object] = resourcesOf(allowing(node(), 's3:GetObject'));
    expect(object).toMatch(
      /^arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-\$\{AWS::AccountId\}-\$\{AWS::Region\}\/[0-9a-f]{64}\.zip$/,
    );
    const data = resource(plainTemplate(), 'AWS::EC2::LaunchTemplate', /SlotA/).Properties['LaunchTemplateData'];
    const key = /[0-9a-f]{64}\.zip/.exec(object ?? '')?.[0];
    expect(textOf((data as { UserData: unknown }).UserData)).toContain(`/${key}\n`);
  });

  test('not do in another slot what it may do in its own', () => {
    const slots = ['A', 'B', 'C'].map((slot) =>
      JSON.stringify(statements(plainTemplate(), new RegExp(`^DbSlot${slot}Role`))),
    );
    for (const [index, slot] of ['a', 'b', 'c'].entries()) {
      for (const other of ['a', 'b', 'c'].filter((name) => name !== slot)) {
        expect(slots[index]).not.toContain(`node#${other}`);
        expect(slots[index]).not.toContain(`"${other}.test-db`);
        expect(slots[index]).not.toContain(`DbSlot${other.toUpperCase()}`);
      }
    }
  });
});

describe('the health checker may', () => {
  const checker = () => statements(plainTemplate(), CHECKER);

  test('do these things and no others', () => {
    expect([...new Set(allActions(CHECKER))]).toEqual([
      'autoscaling:CompleteLifecycleAction',
      'autoscaling:DescribeAutoScalingGroups',
      'autoscaling:DescribeLifecycleHooks',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeInstanceStatus',
      'ec2:DescribeInstances',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'route53:ChangeResourceRecordSets',
      'route53:ListResourceRecordSets',
      'secretsmanager:GetSecretValue',
      'ssm:GetParameter',
    ]);
  });

  test("write the record and its own beat, and nothing in a node's name", () => {
    expect(allowing(checker(), 'dynamodb:PutItem').Condition).toEqual({
      'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['cluster', 'coordinator'] },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    });
  });

  test('move writer, guard and reader, and no other name', () => {
    expect(allowing(checker(), 'route53:ChangeResourceRecordSets').Condition).toMatchObject({
      'ForAllValues:StringEquals': {
        'route53:ChangeResourceRecordSetsNormalizedRecordNames': [
          'writer.test-db.holdfast.internal',
          'reader.test-db.holdfast.internal',
          '_holdfast-writer.test-db.holdfast.internal',
        ],
        'route53:ChangeResourceRecordSetsRecordTypes': ['A', 'TXT'],
      },
    });
  });

  test('let a convicted node of this cluster go', () => {
    expect(allowing(checker(), 'autoscaling:CompleteLifecycleAction').Condition).toEqual({
      StringEquals: { 'autoscaling:ResourceTag/holdfast:cluster': 'test-db' },
    });
  });

  test("not read the application's password nor the CA's key", () => {
    expect(resourcesOf(allowing(checker(), 'secretsmanager:GetSecretValue'))).toEqual([
      expect.stringMatching(/^<DbCredentialsMonitor/),
    ]);
  });
});

describe('an operator may', () => {
  const operator = () => {
    const made = cluster();
    made.grantOperator(new ManagedPolicy(made.stack, 'Operator'));
    const policy = resource(Template.fromStack(made.stack), 'AWS::IAM::ManagedPolicy', /^Operator/);
    return (policy.Properties['PolicyDocument'] as { readonly Statement: readonly Statement[] }).Statement;
  };

  test('do these things and no others', () => {
    expect(operator().flatMap(actionsOf).sort()).toEqual([
      'cloudformation:DescribeStacks',
      'cloudformation:ListStacks',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'logs:FilterLogEvents',
    ]);
  });

  test("read the whole register, and write the record and their own doings, but nothing in a node's or a coordinator's name", () => {
    expect(allowing(operator(), 'dynamodb:GetItem')).not.toHaveProperty('Condition');
    const write = allowing(operator(), 'dynamodb:PutItem');
    expect(write.Condition).toEqual({
      'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['cluster'] },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    });
    expect(resourcesOf(write)).toEqual([expect.stringMatching(/^<DbRegisterTable\w+\.Arn>$/)]);
  });

  test("read this cluster's logs and no others", () => {
    expect(resourcesOf(allowing(operator(), 'logs:FilterLogEvents'))).toEqual([
      expect.stringMatching(/^<DbHealthCheckerLog\w+\.Arn>$/),
      expect.stringMatching(/^<DbNodeLog\w+\.Arn>$/),
    ]);
  });
});

describe('every policy', () => {
  const everyStatement = () =>
    Object.keys(resources(plainTemplate(), 'AWS::IAM::Policy')).flatMap((id) =>
      statements(plainTemplate(), new RegExp(`^${id}$`)),
    );

  test('has no wildcard among its actions, and never Scan', () => {
    for (const action of everyStatement().flatMap(actionsOf)) {
      expect(action).not.toContain('*');
      expect(action).not.toBe('dynamodb:Scan');
    }
  });

  test('names resources wherever the call knows them', () => {
    for (const statement of everyStatement().filter((one) => resourcesOf(one).includes('*'))) {
      expect(WITHOUT_RESOURCES).toEqual(expect.arrayContaining([...actionsOf(statement)]));
    }
  });

  test('is of this stack: no managed policy, which is always wider', () => {
    for (const role of Object.values(resources(plainTemplate(), 'AWS::IAM::Role'))) {
      expect(role.Properties).not.toHaveProperty('ManagedPolicyArns');
    }
  });

  test('a condition on all values also refuses a request without any', () => {
    for (const { Condition = {} } of everyStatement()) {
      for (const key of Object.keys(Condition['ForAllValues:StringEquals'] ?? {})) {
        expect(Condition['Null']).toHaveProperty([key], 'false');
      }
    }
  });
});
