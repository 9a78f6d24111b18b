import { expect, test } from '@jest/globals';
import { findCluster } from '../../../lab/daemon/cluster';
import type { ProvisionedStack } from '../../../lab/ports';

const stack: ProvisionedStack = {
  stackName: 'Shop',
  stackId: 'arn:aws:cloudformation:eu-west-1:123456789012:stack/Shop/1',
  outputs: {
    DbWriterEndpoint: 'writer.shop.internal',
    DbReaderEndpoint: 'reader.shop.internal',
    DbDsn: 'postgresql://…',
    DbPort: '5432',
    DbDatabaseName: 'shop',
    DbSecretArn: 'arn:secret',
    DbCaCertificateParameterName: 'ca',
    DbClientSecurityGroupId: 'sg-client',
  },
  resources: {
    Table: { type: 'AWS::DynamoDB::Table', physicalId: 'Shop-Table-1' },
    App: { type: 'AWS::EC2::SecurityGroup', physicalId: 'sg-app' },
  },
};
const checker = {
  Type: 'AWS::Lambda::Function',
  Properties: {
    Environment: {
      Variables: {
        HOLDFAST_CLUSTER: 'shop-db',
        HOLDFAST_SLOTS: 'a,b,c',
        HOLDFAST_ZONE_NAME: 'shop.internal',
        HOLDFAST_REGISTER_TABLE: { Ref: 'Table' },
      },
    },
  },
};
const admission = (source: unknown, port = 5432) => ({
  Type: 'AWS::EC2::SecurityGroupIngress',
  Properties: { FromPort: port, SourceSecurityGroupId: source },
});

test("A cluster in somebody's own stack is recognized by its health checker and its outputs, whatever their prefix.", () => {
  expect(findCluster({ Resources: { Checker: checker } }, stack)).toMatchObject({
    name: 'shop-db',
    slots: ['a', 'b', 'c'],
    registerTable: 'Shop-Table-1',
    functionName: 'Checker',
    writer: 'writer.shop.internal',
    port: 5432,
  });
});

test('The application machine joins every group that the clients are admitted by.', () => {
  const Resources = {
    Checker: checker,
    FromApp: admission({ 'Fn::GetAtt': ['App', 'GroupId'] }),
    Peers: admission('sg-nodes', 5433),
  };
  expect(findCluster({ Resources }, stack).clientSecurityGroupIds).toEqual(['sg-client', 'sg-app']);
});

test('A stack without a cluster, with two, or without an output says so.', () => {
  expect(() => findCluster({ Resources: {} }, stack)).toThrow(
    'The stack Shop has 0 Holdfast clusters. The lab boots exactly one.',
  );
  expect(() => findCluster({ Resources: { One: checker, Two: checker } }, stack)).toThrow('has 2 Holdfast clusters');
  expect(() => findCluster({ Resources: { Checker: checker } }, { ...stack, outputs: {} })).toThrow(
    'The stack Shop has no output that ends in ClientSecurityGroupId.',
  );
});
