import { describe, expect, test } from '@jest/globals';
import { RemovalPolicy } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { appConfig, CONTEXT } from '../../bin/app-config';
import { PostgresVersion, WhenNoStandby } from '../../lib';
import { testApp } from '../lib/support';

const NOWHERE = { account: undefined, region: undefined };
const SOMEWHERE = { account: '111111111111', region: 'eu-central-1' };

const config = (context: Record<string, unknown>, environment: typeof SOMEWHERE | typeof NOWHERE = NOWHERE) =>
  appConfig(testApp(context), environment);

test('without context: a stack named Holdfast and a cluster without a choice', () => {
  expect(config({})).toEqual({ stackName: 'Holdfast', cluster: {} });
});

test('the documentation names every context value and every property', () => {
  const documentation = readFileSync(join(__dirname, '../../docs/configuration.md'), 'utf8');
  const properties = [
    ...readFileSync(join(__dirname, '../../lib/postgres-cluster-props.ts'), 'utf8').matchAll(
      /^ {2}readonly (\w+)\?:/gm,
    ),
  ].map(([, name]) => name ?? '');
  expect(properties.length).toBeGreaterThan(15);
  const named = new Set([...documentation.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect([...Object.keys(CONTEXT), ...properties].filter((name) => !named.has(name))).toEqual([]);
});

test('cdk.json is understood', () => {
  const { context } = JSON.parse(readFileSync(join(__dirname, '../../cdk.json'), 'utf8')) as {
    context: Record<string, unknown>;
  };
  const { cluster } = config(context);
  expect(cluster).toMatchObject({
    slots: 3,
    databaseName: 'app',
    extensions: ['postgis'],
    version: PostgresVersion.V17,
  });
  expect(cluster.instanceType?.toString()).toBe('t4g.medium');
});

describe('every property of the cluster can be chosen', () => {
  const expected = {
    slots: 5,
    machineImageVersion: '20991231-1',
    storageThroughput: 250,
    storageIops: 4000,
    version: PostgresVersion.V17,
    databaseName: 'shop',
    masterUsername: 'owner',
    extensions: ['postgis', 'pg_trgm'],
    parameters: { work_mem: '64MB', max_connections: '200', jit: 'false' },
    acks: 2,
    whenNoStandby: WhenNoStandby.BLOCK,
    zoneName: 'db.example.com',
    createGatewayEndpoints: false,
    removalPolicy: RemovalPolicy.SNAPSHOT,
    deletionProtection: false,
    logRetention: RetentionDays.ONE_YEAR,
    vpcSubnets: { subnetGroupName: 'Data' },
  };

  test('in cdk.json', () => {
    const { cluster } = config({
      slots: 5,
      instanceType: 'm8g.large',
      machineImageVersion: '20991231-1',
      storageSizeGiB: 100,
      maxStorageSizeGiB: 500,
      storageThroughput: 250,
      storageIops: 4000,
      postgresVersion: 17,
      databaseName: 'shop',
      masterUsername: 'owner',
      extensions: ['postgis', 'pg_trgm'],
      parameters: { work_mem: '64MB', max_connections: 200, jit: false },
      acks: 2,
      whenNoStandby: 'block',
      zoneName: 'db.example.com',
      createGatewayEndpoints: false,
      removalPolicy: 'snapshot',
      deletionProtection: false,
      logRetentionDays: 365,
      subnetGroupName: 'Data',
    });
    expect(cluster).toMatchObject(expected);
    expect(cluster.storageSize?.toGibibytes()).toBe(100);
    expect(cluster.maxStorageSize?.toGibibytes()).toBe(500);
    expect(cluster.instanceType?.toString()).toBe('m8g.large');
  });

  test('on the command line, where everything is a string', () => {
    const { cluster } = config({
      slots: '5',
      instanceType: 'm8g.large',
      machineImageVersion: '20991231-1',
      storageSizeGiB: '100',
      maxStorageSizeGiB: '500',
      storageThroughput: '250',
      storageIops: '4000',
      postgresVersion: '17',
      databaseName: 'shop',
      masterUsername: 'owner',
      extensions: 'postgis,pg_trgm',
      parameters: '{"work_mem":"64MB","max_connections":200,"jit":false}',
      acks: '2',
      whenNoStandby: 'block',
      zoneName: 'db.example.com',
      createGatewayEndpoints: 'false',
      removalPolicy: 'snapshot',
      deletionProtection: 'false',
      logRetentionDays: '365',
      subnetGroupName: 'Data',
    });
    expect(cluster).toMatchObject(expected);
  });

  test('an image and subnets of the user', () => {
    const { cluster } = config({ machineImageParameter: '/my/image', subnetIds: 'subnet-1,subnet-2,subnet-3' });
    expect(cluster.machineImage).toBeDefined();
    expect(cluster.vpcSubnets?.subnetFilters).toHaveLength(1);
  });

  test('no extension', () => {
    expect(config({ extensions: '' }).cluster.extensions).toEqual([]);
  });
});

describe('where', () => {
  test('is left to the deployment, whatever credentials there are', () => {
    expect(config({}, SOMEWHERE)).not.toHaveProperty('env');
  });

  test('can be said', () => {
    expect(config({ region: 'eu-west-1' }, SOMEWHERE).env).toEqual({ region: 'eu-west-1' });
  });

  test('is known for a lookup', () => {
    expect(config({ vpcId: 'vpc-1' }, SOMEWHERE).env).toEqual(SOMEWHERE);
    expect(config({ vpcId: 'vpc-1', account: '222222222222' }, SOMEWHERE).env).toEqual({
      account: '222222222222',
      region: 'eu-central-1',
    });
  });
});

describe('a wrong value is an error that names it and what is allowed', () => {
  test.each<[Record<string, unknown>, string]>([
    [{ slots: 'three' }, 'context slots is "three"; allowed: a whole number'],
    [{ slots: 2.5 }, 'context slots is 2.5; allowed: a whole number'],
    [{ slots: '-1' }, 'context slots is "-1"; allowed: a whole number'],
    [{ databaseName: '' }, 'context databaseName is ""; allowed: a string that is not empty'],
    [{ databaseName: 7 }, 'context databaseName is 7; allowed: a string that is not empty'],
    [{ extensions: [1] }, 'context extensions is [1]; allowed: a list of strings, or one string with commas'],
    [{ parameters: '{' }, 'context parameters is "{"; allowed: an object, e.g. {"work_mem": "64MB"}'],
    [{ parameters: ['x'] }, 'context parameters is ["x"]; allowed: an object'],
    [{ parameters: { work_mem: {} } }, 'context parameters.work_mem is {}; allowed: a string, a number, true or false'],
    [{ deletionProtection: 'yes' }, 'context deletionProtection is "yes"; allowed: true or false'],
    [{ whenNoStandby: 'wait' }, 'context whenNoStandby is "wait"; allowed: one of degrade, block'],
    [{ removalPolicy: 'keep' }, 'context removalPolicy is "keep"; allowed: one of retain, snapshot, destroy'],
    [{ logRetentionDays: 2 }, 'context logRetentionDays is 2; allowed: one of 1, 3, 5, 7'],
    [{ postgresVersion: '16' }, 'PostgresCluster: version is "16"; allowed: one of 17'],
    [{ slot: 3 }, 'context slot is 3; allowed: no such name, but stackName, account, region, vpcId'],
    [
      { vpcId: 'vpc-1', natGateways: 1 },
      'context vpcId is "vpc-1"; allowed: nothing together with vpcCidr, natGateways or availabilityZones',
    ],
    [
      { subnetIds: 'a', subnetGroupName: 'b' },
      'context subnetIds is ["a"]; allowed: either subnetIds or subnetGroupName',
    ],
  ])('%j', (context, message) => {
    expect(() => config(context)).toThrow(message);
  });

  test("but CDK's own context is none of our business", () => {
    expect(() =>
      config({ '@aws-cdk/x:y': true, 'vpc-provider:account=1': {}, 'aws:cdk:bundling-stacks': [] }),
    ).not.toThrow();
  });
});
