import { describe, expect, test } from '@jest/globals';
import type { Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { GatewayVpcEndpointAwsService, Vpc } from 'aws-cdk-lib/aws-ec2';
import { PostgresCluster } from '../../lib';
import { cluster, plainTemplate, resources, testStack, textOf } from './support';

/** `from → to port`, as the rules that name groups say. */
function flows(): readonly string[] {
  const short = (reference: unknown) => /^<DbSecurityGroups(Nodes|HealthChecker|Client)/.exec(textOf(reference))?.[1];
  return Object.values(resources(plainTemplate(), 'AWS::EC2::SecurityGroupIngress'))
    .map(({ Properties: rule }) => {
      expect(rule).toMatchObject({ IpProtocol: 'tcp', ToPort: rule['FromPort'] });
      return `${short(rule['SourceSecurityGroupId'])} → ${short(rule['GroupId'])} ${String(rule['FromPort'])}`;
    })
    .sort();
}

describe('the security groups', () => {
  test('let in exactly this', () => {
    expect(flows()).toEqual([
      'Client → Nodes 5432',
      'HealthChecker → Nodes 5433',
      'HealthChecker → Nodes 8432',
      'Nodes → Nodes 5433',
      'Nodes → Nodes 8432',
    ]);
  });

  test('let nobody in by address', () => {
    for (const { Properties } of Object.values(resources(plainTemplate(), 'AWS::EC2::SecurityGroup'))) {
      expect(Properties).not.toHaveProperty('SecurityGroupIngress');
    }
  });

  test('let nodes and health checker out to AWS and package mirrors, not to everything', () => {
    for (const [id, { Properties }] of Object.entries(resources(plainTemplate(), 'AWS::EC2::SecurityGroup'))) {
      const ports = (Properties['SecurityGroupEgress'] as { IpProtocol: string; FromPort?: number }[]).map(
        ({ IpProtocol, FromPort }) => FromPort ?? IpProtocol,
      );
      expect([id.replace(/[0-9A-F]{8}$/, ''), ports]).toEqual(
        id.includes('Client')
          ? ['DbSecurityGroupsClient', ['-1']]
          : id.includes('Nodes')
            ? ['DbSecurityGroupsNodes', [443, 80]]
            : ['DbSecurityGroupsHealthChecker', [443]],
      );
    }
  });
});

describe('gateway endpoints for DynamoDB and S3', () => {
  const services = (stack: Stack) =>
    Object.values(resources(Template.fromStack(stack), 'AWS::EC2::VPCEndpoint'))
      .map(({ Properties }) => textOf(Properties['ServiceName']))
      .sort();
  const BOTH = ['com.amazonaws.<AWS::Region>.dynamodb', 'com.amazonaws.<AWS::Region>.s3'];

  test('are made in a VPC of the app', () => {
    expect(services(cluster().stack)).toEqual(BOTH);
  });

  test('are made once for two clusters', () => {
    const stack = testStack();
    const vpc = new Vpc(stack, 'Vpc', { maxAzs: 3 });
    new PostgresCluster(stack, 'One', { vpc });
    new PostgresCluster(stack, 'Two', { vpc });
    expect(services(stack)).toEqual(BOTH);
  });

  test('are found when the app has made them', () => {
    const stack = testStack();
    const vpc = new Vpc(stack, 'Vpc', {
      maxAzs: 3,
      gatewayEndpoints: { Mine: { service: GatewayVpcEndpointAwsService.S3 } },
    });
    cluster({ vpc }, stack);
    expect(services(stack)).toEqual(BOTH);
  });

  test('are an error when the app makes a second one later: that deployment would fail', () => {
    const stack = testStack();
    const vpc = new Vpc(stack, 'Vpc', { maxAzs: 3 });
    cluster({ vpc }, stack);
    vpc.addGatewayEndpoint('Late', { service: GatewayVpcEndpointAwsService.DYNAMODB });
    expect(() => Template.fromStack(stack)).toThrow('this VPC has two gateway endpoints for DynamoDB; allowed: one');
  });

  test('are not made when the user says so', () => {
    const made = cluster({ createGatewayEndpoints: false });
    expect(services(made.stack)).toEqual([]);
    Annotations.fromStack(made.stack).hasNoWarning('*', Match.anyValue());
  });

  const importedVpc = (stack: Stack) =>
    Vpc.fromVpcAttributes(stack, 'Imported', {
      vpcId: 'vpc-0123456789abcdef0',
      availabilityZones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'],
      privateSubnetIds: ['subnet-0123456789abcdef1', 'subnet-0123456789abcdef2', 'subnet-0123456789abcdef3'],
      privateSubnetRouteTableIds: ['rtb-0123456789abcdef1', 'rtb-0123456789abcdef2', 'rtb-0123456789abcdef3'],
    });

  test('are left to the owner of an imported VPC, who is told', () => {
    const stack = testStack();
    cluster({ vpc: importedVpc(stack) }, stack);
    expect(services(stack)).toEqual([]);
    Annotations.fromStack(stack).hasWarning(
      '/Test/Db',
      Match.stringLikeRegexp('see that it has gateway endpoints for DynamoDB and S3'),
    );
  });

  test('are made in an imported VPC on request', () => {
    const stack = testStack();
    cluster({ vpc: importedVpc(stack), createGatewayEndpoints: true }, stack);
    expect(services(stack)).toEqual(BOTH);
  });
});
