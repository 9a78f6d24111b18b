import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import {
  DescribeInstancesCommand,
  DescribeRegionsCommand,
  EC2Client,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ChangeResourceRecordSetsCommand, Route53Client } from '@aws-sdk/client-route-53';
import { DescribeParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { destinationOf } from '../../../lab/aws/gateway/destination';
import { createGateway } from '../../../lab/aws/gateway/gateway';
import { listenTls } from '../../../lab/aws/gateway/server';
import { operator } from '../../../lab/aws/iam/principal';
import { TestRegion } from './support/test-region';
import { until } from './support/until';

describe('the gateway', () => {
  let region: TestRegion;

  beforeEach(async () => {
    region = await new TestRegion().start();
  });
  afterEach(async () => {
    await region.close();
  });

  const describeInstances = (client = region.client()) => new EC2Client(client).send(new DescribeInstancesCommand({}));

  describe('signatures', () => {
    test('accepts a request signed with a key that the lab gave out', async () => {
      await expect(describeInstances()).resolves.toMatchObject({ Reservations: [] });
    });

    test('refuses an unknown key, a wrong secret and a missing session token', async () => {
      const known = region.credentials.permanent(operator(region.account));
      const temporary = region.credentials.temporary(operator(region.account), 1000_000);
      const refused = { name: 'AuthFailure', $metadata: { httpStatusCode: 401 } };
      for (const wrong of [
        { ...known, accessKeyId: 'AKIAUNKNOWN' },
        { ...known, secretAccessKey: 'wrong' },
        { accessKeyId: temporary.accessKeyId, secretAccessKey: temporary.secretAccessKey },
      ]) {
        await expect(describeInstances(region.client(wrong))).rejects.toMatchObject(refused);
      }
    });

    test('refuses expired keys', async () => {
      const keys = region.credentials.temporary(operator(region.account), -1);
      await expect(describeInstances(region.client(keys))).rejects.toMatchObject({ name: 'RequestExpired' });
    });

    test('refuses a request whose clock is more than five minutes off', async () => {
      const client = new EC2Client({ ...region.client(), systemClockOffset: -6 * 60_000 });
      await expect(client.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({ name: 'RequestExpired' });
      const closer = new EC2Client({ ...region.client(), systemClockOffset: -4 * 60_000 });
      await expect(closer.send(new DescribeInstancesCommand({}))).resolves.toBeDefined();
    });

    test('a client whose clock jumped finds back by the Date of the refusal, as with AWS', async () => {
      const client = new EC2Client({ ...region.client(), systemClockOffset: 3600_000 });
      await expect(client.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({ name: 'RequestExpired' });
      await expect(client.send(new DescribeInstancesCommand({}))).resolves.toBeDefined();
    });

    test('refuses another region', async () => {
      const elsewhere = region.client(undefined, 'us-east-1');
      await expect(describeInstances(elsewhere)).rejects.toThrow('Credential should be scoped to eu-west-1/ec2');
    });
  });

  describe('permissions', () => {
    const only = (Action: string, Resource = '*') => [{ Effect: 'Allow', Action, Resource }];

    test('a role may do what its policy says, and no more; the log says what was missing', async () => {
      const keys = region.keysOfRole('node', only('ec2:DescribeVolumes'));
      await expect(describeInstances(region.client(keys))).rejects.toMatchObject({
        name: 'UnauthorizedOperation',
        message:
          'User: arn:aws:sts::123456789012:assumed-role/node/session is not authorized to perform: ec2:DescribeInstances on resource: * because no identity-based policy allows the ec2:DescribeInstances action',
      });
      expect(region.log.join('\n')).toContain('DENIED ec2:DescribeInstances on * to arn:aws:sts::');
    });

    test('each service refuses in its own words', async () => {
      const keys = region.keysOfRole('nobody', only('sts:GetCallerIdentity'));
      const autoScaling = new AutoScalingClient(region.client(keys));
      await expect(autoScaling.send(new DescribeAutoScalingGroupsCommand({}))).rejects.toMatchObject({
        name: 'AccessDenied',
      });
      const { zoneId } = region.zones.create('x.internal');
      const change = new ChangeResourceRecordSetsCommand({
        HostedZoneId: zoneId,
        ChangeBatch: {
          Changes: [
            {
              Action: 'UPSERT',
              ResourceRecordSet: { Name: 'x.internal', Type: 'A', TTL: 1, ResourceRecords: [{ Value: '10.0.0.1' }] },
            },
          ],
        },
      });
      await expect(new Route53Client(region.client(keys, 'us-east-1')).send(change)).rejects.toMatchObject({
        name: 'AccessDenied',
      });
    });

    test('AttachVolume and its like need every resource allowed, by its tags', async () => {
      const keys = region.keysOfRole('node', [
        {
          Effect: 'Allow',
          Action: 'ec2:TerminateInstances',
          Resource: 'arn:aws:ec2:eu-west-1:123456789012:instance/*',
          Condition: { StringEquals: { 'ec2:ResourceTag/holdfast:slot': 'a' } },
        },
      ]);
      const own = await region.runInstance('subnet-a', { 'holdfast:slot': 'a' });
      const other = await region.runInstance('subnet-b', { 'holdfast:slot': 'b' });
      const ec2 = new EC2Client(region.client(keys));
      const terminate = (...InstanceIds: string[]) => ec2.send(new TerminateInstancesCommand({ InstanceIds }));
      await expect(terminate(own.instanceId, other.instanceId)).rejects.toThrow(`instance/${other.instanceId}`);
      expect(own.state).toBe('running');
      await expect(terminate(own.instanceId)).resolves.toBeDefined();
    });
  });

  describe('what the lab does not emulate', () => {
    test('is an error that says so, and stands in the log', async () => {
      const message = 'The lab does not emulate ec2:DescribeRegions.';
      await expect(new EC2Client(region.client()).send(new DescribeRegionsCommand({}))).rejects.toThrow(message);
      expect(region.log).toContain(`127.0.0.1: ${message}`);
      const ssm = new SSMClient(region.client()).send(new DescribeParametersCommand({}));
      await expect(ssm).rejects.toThrow('The lab does not emulate ssm:DescribeParameters.');
    });
  });

  describe('faults', () => {
    test('throttling has the code that the SDK retries', async () => {
      region.faults.set('ec2', { kind: 'throttle', fraction: 1 });
      await expect(describeInstances()).rejects.toMatchObject({
        name: 'RequestLimitExceeded',
        $metadata: { httpStatusCode: 503 },
      });
      region.faults.set('ec2', undefined);
      await expect(describeInstances()).resolves.toBeDefined();
    });

    test('an error has the given code and status, in the form of the service', async () => {
      region.faults.set('dynamodb', { kind: 'error', status: 500, code: 'InternalServerError' });
      await expect(new DynamoDBClient(region.client()).send(new ListTablesCommand({}))).rejects.toMatchObject({
        name: 'InternalServerError',
        $metadata: { httpStatusCode: 500 },
      });
    });

    test('touches only its own service', async () => {
      region.faults.set('route53', { kind: 'error', status: 500, code: 'InternalError' });
      await expect(describeInstances()).resolves.toBeDefined();
    });

    test('a delayed call is answered after all', async () => {
      region.faults.set('ec2', { kind: 'delay', delayMs: 20 });
      await expect(describeInstances()).resolves.toBeDefined();
    });

    test('in an outage a call is neither answered nor carried out', async () => {
      const { instanceId } = await region.runInstance();
      region.faults.set('ec2', { kind: 'outage' });
      const ec2 = new EC2Client({
        ...region.client(),
        requestHandler: { requestTimeout: 200, throwOnRequestTimeout: true },
      });
      await expect(ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }))).rejects.toMatchObject({
        name: 'TimeoutError',
      });
      expect(region.instances.get(instanceId).state).toBe('running');
    });

    test('a lost reply looks like a failure, though the call was carried out', async () => {
      const { instanceId } = await region.runInstance();
      region.faults.set('ec2', { kind: 'reply-lost', fraction: 1 });
      const ec2 = new EC2Client(region.client());
      await expect(ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }))).rejects.toThrow();
      await until(() => region.instances.get(instanceId).state === 'terminated');
    });
  });

  test('an address without a way to a service gets no answer', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-gateway-'));
    const path = (name: string) => join(directory, name);
    const [keyFile, certificateFile] = [path('key.pem'), path('cert.pem')];
    const subject = ['-subj', '/CN=lab', '-addext', 'subjectAltName=DNS:*.eu-west-1.amazonaws.com'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc'];
    await promisify(execFile)('openssl', [
      ...['req', '-x509', ...key, '-keyout', keyFile, '-out', certificateFile, ...subject],
    ]);
    const { account, roles, faults, credentials } = region;
    const log: string[] = [];
    const gateway = createGateway({
      ...{ account, roles, faults, credentials, services: [], log: (line) => log.push(line) },
      isReachable: (address, service) => address === '127.0.0.1' && service !== 'ec2',
    });
    const tls = { caFile: certificateFile, certificateFile, keyFile };
    const server = await listenTls(gateway, tls, '127.0.0.1', 0);
    const ca = await readFile(certificateFile, 'utf8');
    const status = (host: string, timeout?: number) =>
      new Promise<number | undefined>((resolve, reject) => {
        get({ host: '127.0.0.1', port: server.port, servername: host, headers: { host }, ca, timeout })
          .on('response', (response) => resolve(response.resume().statusCode))
          .on('timeout', () => resolve(undefined))
          .on('error', reject);
      });
    try {
      expect(await status('ssm.eu-west-1.amazonaws.com')).toBe(403);
      expect(await status('ec2.eu-west-1.amazonaws.com', 200)).toBeUndefined();
      expect(log).toContain('no route from 127.0.0.1 to ec2: the call is never answered');
    } finally {
      await server.close();
      await rm(directory, { recursive: true });
    }
  });
});

describe('the host name of a request', () => {
  test.each([
    ['ec2.eu-west-1.amazonaws.com', { service: 'ec2' }],
    ['route53.amazonaws.com', { service: 'route53' }],
    ['123456789012.ddb.eu-west-1.amazonaws.com', { service: 'dynamodb' }],
    ['dynamodb.eu-west-1.api.aws', { service: 'dynamodb' }],
    ['s3.eu-west-1.amazonaws.com:443', { service: 's3' }],
    ['my.bucket.s3.eu-west-1.amazonaws.com', { service: 's3', bucket: 'my.bucket' }],
    ['bucket.s3.amazonaws.com', { service: 's3', bucket: 'bucket' }],
    ['127.0.0.1:8080', undefined],
  ])('%s', (host, expected) => {
    expect(destinationOf(host)).toEqual(expected);
  });
});
