import { describe, expect, test } from '@jest/globals';
import { CfnResource } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { cluster, plainTemplate, testStack, textOf, validateTemplates } from './support';
import type { TemplateJson } from './support';

const json = () => plainTemplate().toJSON() as unknown as TemplateJson;

validateTemplates();

/** Names that AWS would make if they were absent, by type. A name that is set makes replacement and a second stack fail. */
const PHYSICAL_NAMES: Readonly<Record<string, readonly string[]>> = {
  'AWS::AutoScaling::AutoScalingGroup': ['AutoScalingGroupName'],
  'AWS::DynamoDB::Table': ['TableName'],
  'AWS::EC2::LaunchTemplate': ['LaunchTemplateName'],
  'AWS::EC2::SecurityGroup': ['GroupName'],
  'AWS::Events::Rule': ['Name'],
  'AWS::IAM::InstanceProfile': ['InstanceProfileName'],
  'AWS::IAM::Role': ['RoleName'],
  'AWS::Lambda::Function': ['FunctionName'],
  'AWS::Logs::LogGroup': ['LogGroupName'],
  'AWS::SecretsManager::Secret': ['Name'],
  'AWS::SSM::Parameter': ['Name'],
};

/** What the lab knows how to run (docs/lab.md); another type is a decision, not an accident. */
const TYPES = [
  'AWS::AutoScaling::AutoScalingGroup',
  'AWS::DynamoDB::Table',
  'AWS::EC2::EIP',
  'AWS::EC2::InternetGateway',
  'AWS::EC2::LaunchTemplate',
  'AWS::EC2::NatGateway',
  'AWS::EC2::Route',
  'AWS::EC2::RouteTable',
  'AWS::EC2::SecurityGroup',
  'AWS::EC2::SecurityGroupEgress',
  'AWS::EC2::SecurityGroupIngress',
  'AWS::EC2::Subnet',
  'AWS::EC2::SubnetRouteTableAssociation',
  'AWS::EC2::VPC',
  'AWS::EC2::VPCEndpoint',
  'AWS::EC2::VPCGatewayAttachment',
  'AWS::EC2::Volume',
  'AWS::Events::Rule',
  'AWS::IAM::InstanceProfile',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::Function',
  'AWS::Lambda::Permission',
  'AWS::Logs::LogGroup',
  'AWS::Route53::HostedZone',
  'AWS::Route53::RecordSet',
  'AWS::SSM::Parameter',
  'AWS::SecretsManager::Secret',
];

/** The whole template with what may differ between releases left out: a snapshot shows what a change means, not that bytes moved. */
function reviewable(template: TemplateJson): unknown {
  return JSON.parse(JSON.stringify(template).replace(/[0-9a-f]{64}/g, '<hash>')) as unknown;
}

describe('the whole template', () => {
  test('is as reviewed', () => {
    expect(reviewable(json())).toMatchSnapshot();
  });

  test('has only the types that the lab knows: no custom resource, no Lambda but ours', () => {
    // In a stack whose default security group is CDK's to empty, CDK adds a custom resource of its own; not so for the cluster.
    const types = new Set(Object.values(json().Resources).map(({ Type }) => Type));
    expect([...types].filter((type) => !TYPES.includes(type))).toEqual([]);
    plainTemplate().resourceCountIs('AWS::Lambda::Function', 1);
  });

  test('names nothing that AWS can name', () => {
    for (const [id, { Type, Properties }] of Object.entries(json().Resources)) {
      for (const name of PHYSICAL_NAMES[Type] ?? []) {
        expect([id, Properties]).toEqual([id, expect.not.objectContaining({ [name]: expect.anything() })]);
      }
    }
  });

  test('has no circle', () => {
    expect(circleIn(json())).toEqual([]);
  });

  test('has no password, no key and no token in it', () => {
    const text = JSON.stringify(json());
    expect(text).not.toMatch(/BEGIN [A-Z ]*(PRIVATE KEY|CERTIFICATE)/);
    expect(text).not.toMatch(/"(Password|SecretString|MasterUserPassword)"/);
    expect(text).not.toMatch(/AKIA[0-9A-Z]{16}/);
  });

  test('depends on no image that AWS may move: every parameter for one names its version', () => {
    const images = Object.values(json().Parameters).filter(({ Type }) => Type.includes('AWS::EC2::Image::Id'));
    expect(images).toHaveLength(1);
    expect(images[0]?.Default).toMatch(/\/\d{8}-\d+\//);
  });

  test('is the same for a second synth', () => {
    expect(Template.fromStack(cluster().stack).toJSON()).toEqual(json());
  });

  test('would not be made with a mistake in it: findings of the validation are errors', () => {
    const stack = testStack();
    new CfnResource(stack, 'Wrong', { type: 'AWS::EC2::Volume', properties: { AvailabilityZone: 'x', Sise: 1 } });
    expect(() => Template.fromStack(stack)).toThrow("Additional properties are not allowed ('Sise' was unexpected)");
  });
});

/** Logical ids along a circle of references and DependsOn, or nothing. */
function circleIn(template: TemplateJson): readonly string[] {
  const next = new Map(
    Object.entries(template.Resources).map(([id, one]) => [
      id,
      [...(one.DependsOn ?? []), ...referencesIn(one.Properties)].filter((other) => other in template.Resources),
    ]),
  );
  const done = new Set<string>();
  const walk = (id: string, path: readonly string[]): readonly string[] => {
    if (path.includes(id)) {
      return [...path.slice(path.indexOf(id)), id];
    }
    if (done.has(id)) {
      return [];
    }
    for (const other of next.get(id) ?? []) {
      const circle = walk(other, [...path, id]);
      if (circle.length > 0) {
        return circle;
      }
    }
    done.add(id);
    return [];
  };
  return [...next.keys()].map((id) => walk(id, [])).find((circle) => circle.length > 0) ?? [];
}

function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) {
    return value.flatMap(referencesIn);
  }
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    if (key === 'Ref' && typeof inner === 'string') {
      return [inner];
    }
    if (key === 'Fn::GetAtt' && Array.isArray(inner)) {
      return [String(inner[0])];
    }
    if (key === 'Fn::Sub') {
      return [...textOf(Array.isArray(inner) ? inner[0] : inner).matchAll(/\$\{(\w+)[.}]/g)].flatMap(
        ([, id]) => id ?? [],
      );
    }
    return referencesIn(inner);
  });
}

test('a circle would be found', () => {
  const one = (Ref: string) => ({ Type: 'x', Properties: { a: [{ Ref }] } });
  const circle = { Parameters: {}, Outputs: {}, Resources: { A: one('B'), B: one('C'), C: one('B') } };
  expect(circleIn(circle)).toEqual(['B', 'C', 'B']);
});
