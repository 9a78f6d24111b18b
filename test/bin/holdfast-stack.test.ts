import { describe, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { appConfig } from '../../bin/app-config';
import { HoldfastStack } from '../../bin/holdfast-stack';
import { resource, resources, testApp, textOf, validateTemplates } from '../lib/support';

validateTemplates();

/** Context as cdk.json has it, with strict template validation among it. */
const CDK_JSON = (
  JSON.parse(readFileSync(join(__dirname, '../../cdk.json'), 'utf8')) as { context: Record<string, unknown> }
).context;

function template(context: Record<string, unknown> = {}): Template {
  const app = testApp({ ...CDK_JSON, ...context });
  return Template.fromStack(new HoldfastStack(app, appConfig(app, { account: undefined, region: undefined })));
}

const zonesOf = (made: Template) =>
  Object.values(resources(made, 'AWS::EC2::Volume')).map(({ Properties }) => textOf(Properties['AvailabilityZone']));

test('findings of the template validation are errors', () => {
  expect(CDK_JSON['@aws-cdk/core:validateAgainstDefaultRules']).toBe(true);
});

describe('the VPC that the app makes', () => {
  test('has three zones without knowing where', () => {
    expect(zonesOf(template())).toEqual(['zones[0]', 'zones[1]', 'zones[2]']);
  });

  test('has five for five slots', () => {
    expect(zonesOf(template({ slots: 5 }))).toEqual([0, 1, 2, 3, 4].map((zone) => `zones[${zone}]`));
  });

  test('has named zones', () => {
    const made = template({
      region: 'eu-central-1',
      availabilityZones: 'eu-central-1a,eu-central-1b,eu-central-1c',
      natGateways: 1,
    });
    expect(zonesOf(made)).toEqual(['eu-central-1a', 'eu-central-1b', 'eu-central-1c']);
    made.resourceCountIs('AWS::EC2::NatGateway', 1);
  });

  test('has a NAT gateway for each zone', () => {
    template().resourceCountIs('AWS::EC2::NatGateway', 3);
  });

  test('has the gateway endpoints of DynamoDB and S3 in every private route table', () => {
    const made = template();
    const endpoints = Object.values(resources(made, 'AWS::EC2::VPCEndpoint')).map(({ Properties }) => Properties);
    expect(endpoints.map(({ ServiceName }) => textOf(ServiceName)).sort()).toEqual([
      'com.amazonaws.<AWS::Region>.dynamodb',
      'com.amazonaws.<AWS::Region>.s3',
    ]);
    for (const { RouteTableIds, VpcEndpointType } of endpoints) {
      expect(VpcEndpointType).toBe('Gateway');
      const tables = (RouteTableIds as unknown[]).map((table) => textOf(table)).filter((id) => id.includes('Private'));
      expect(tables).toHaveLength(3);
    }
  });

  test('answers names, which the private zone needs', () => {
    expect(resource(template(), 'AWS::EC2::VPC', /./).Properties).toMatchObject({
      EnableDnsHostnames: true,
      EnableDnsSupport: true,
      CidrBlock: '10.0.0.0/16',
    });
    expect(resource(template({ vpcCidr: '10.9.0.0/16' }), 'AWS::EC2::VPC', /./).Properties['CidrBlock']).toBe(
      '10.9.0.0/16',
    );
  });
});

test('outputs have plain names', () => {
  const { Outputs } = template().toJSON() as { Outputs: Record<string, unknown> };
  expect(Object.keys(Outputs).sort()).toEqual([
    'CaCertificateParameterName',
    'ClientSecurityGroupId',
    'ClusterName',
    'DatabaseName',
    'Dsn',
    'HealthCheckerLogGroupName',
    'NodeLogGroupName',
    'OperatorPolicyArn',
    'Port',
    'ReaderEndpoint',
    'RegisterTableName',
    'SecretArn',
    'Slots',
    'WriterEndpoint',
  ]);
});

test('an existing VPC takes the place of a new one', () => {
  const found = {
    vpcId: 'vpc-0123456789abcdef0',
    vpcCidrBlock: '10.0.0.0/16',
    ownerAccountId: '111111111111',
    availabilityZones: [],
    subnetGroups: [
      {
        name: 'Private',
        type: 'Private',
        subnets: ['a', 'b', 'c'].map((zone, index) => ({
          subnetId: `subnet-0123456789abcdef${index}`,
          cidr: `10.0.${index}.0/24`,
          availabilityZone: `eu-central-1${zone}`,
          routeTableId: `rtb-0123456789abcdef${index}`,
        })),
      },
    ],
  };
  const made = template({
    vpcId: 'vpc-0123456789abcdef0',
    account: '111111111111',
    region: 'eu-central-1',
    'vpc-provider:account=111111111111:filter.vpc-id=vpc-0123456789abcdef0:region=eu-central-1:returnAsymmetricSubnets=true':
      found,
    createGatewayEndpoints: false,
  });
  made.resourceCountIs('AWS::EC2::VPC', 0);
  expect(zonesOf(made)).toEqual(['eu-central-1a', 'eu-central-1b', 'eu-central-1c']);
});
