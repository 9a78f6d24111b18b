import { createServer, type IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  BatchGetItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { startServer, type RunningServer } from '../../../lab/aws/gateway/server';
import { TestRegion } from './support/test-region';

const TABLE_ARN = 'arn:aws:dynamodb:eu-west-1:123456789012:table/register';
const SECRET_ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:Monitor-AB12cd';

/** Answers every request alike, in the place of moto: here only who may pass, and what is passed on, is of interest. */
describe('services that moto answers', () => {
  let region: TestRegion;
  let upstream: RunningServer;
  let seen: { request: IncomingMessage; running: number }[];

  beforeEach(async () => {
    seen = [];
    let running = 0;
    const server = createServer((request, response) => {
      running += 1;
      seen.push({ request, running });
      request.resume().on('end', () => {
        setImmediate(() => {
          running -= 1;
          response.writeHead(200, { date: 'Not a date', 'content-type': 'application/x-amz-json-1.1' });
          response.end(request.method === 'GET' ? 'object' : '{"Name":"x"}');
        });
      });
    });
    upstream = await startServer(server, '127.0.0.1', 0);
    region = await new TestRegion({}, `http://127.0.0.1:${upstream.port}`).start();
    region.cloud.tables.set('register', { partitionKey: 'pk' });
    region.cloud.secretArns.add(SECRET_ARN);
  });
  afterEach(async () => {
    await region.close();
    await upstream.close();
  });

  const keys = (statement: object) => region.client(region.keysOfRole('role', [{ Effect: 'Allow', ...statement }]));

  test('are passed on as they came, and the answer without its Date', async () => {
    const answer = await new SSMClient(region.client()).send(new GetParameterCommand({ Name: 'settings' }));
    expect(answer.$metadata.httpStatusCode).toBe(200);
    expect(seen[0]?.request.headers['x-amz-target']).toBe('AmazonSSM.GetParameter');
  });

  describe('DynamoDB', () => {
    const Action = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:Query', 'dynamodb:GetItem', 'dynamodb:Scan'];
    const ownPartition = {
      Action: [...Action, 'dynamodb:BatchGetItem'],
      Resource: TABLE_ARN,
      Condition: {
        'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['node#a'] },
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
    };
    const key = (pk: string) => ({ pk: { S: pk }, sk: { S: 'report' } });
    const TableName = 'register';
    const query = (KeyConditionExpression: string, pk: string, names?: Record<string, string>) =>
      new QueryCommand({
        ...{ TableName, KeyConditionExpression, ExpressionAttributeNames: names },
        ExpressionAttributeValues: { ':p': { S: pk }, ':s': { S: 'x' } },
      });

    test.each([
      ['PutItem', () => new PutItemCommand({ TableName, Item: key('node#a') })],
      ['UpdateItem by ARN', () => new UpdateItemCommand({ TableName: TABLE_ARN, Key: key('node#a') })],
      ['Query', () => query('pk = :p AND begins_with(sk, :s)', 'node#a')],
      ['Query with names', () => query('#p = :p', 'node#a', { '#p': 'pk' })],
      ['BatchGetItem', () => new BatchGetItemCommand({ RequestItems: { register: { Keys: [key('node#a')] } } })],
      [
        'TransactWriteItems',
        () => new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName, Item: key('node#a') } }] }),
      ],
    ])('%s on the own partition is allowed', async (_name, command) => {
      await new DynamoDBClient(keys(ownPartition)).send(command() as PutItemCommand);
      expect(seen).toHaveLength(1);
    });

    test.each([
      ['PutItem', () => new PutItemCommand({ TableName, Item: key('node#b') }), 'dynamodb:PutItem'],
      ['GetItem', () => new GetItemCommand({ TableName, Key: key('cluster') }), 'dynamodb:GetItem'],
      ['Query', () => query('pk = :p', 'node#b'), 'dynamodb:Query'],
      ['Query whose sort key pretends', () => query('sk = :s AND #k = :p', 'node#b', { '#k': 'pk' }), 'dynamodb:Query'],
      [
        'BatchGetItem of two partitions',
        () => new BatchGetItemCommand({ RequestItems: { register: { Keys: [key('node#a'), key('node#b')] } } }),
        'dynamodb:BatchGetItem',
      ],
      ['Scan, which names no key', () => new ScanCommand({ TableName }), 'dynamodb:Scan'],
      [
        'TransactWriteItems with one foreign item',
        () =>
          new TransactWriteItemsCommand({
            TransactItems: [{ Put: { TableName, Item: key('node#a') } }, { Put: { TableName, Item: key('node#b') } }],
          }),
        'dynamodb:PutItem',
      ],
    ])('%s is denied', async (_name, command, action) => {
      await expect(new DynamoDBClient(keys(ownPartition)).send(command() as PutItemCommand)).rejects.toMatchObject({
        name: 'AccessDeniedException',
        message: expect.stringContaining(`is not authorized to perform: ${action} on resource: ${TABLE_ARN}`),
      });
      expect(seen).toHaveLength(0);
    });

    test('writes reach moto one at a time, since it checks and writes in two steps', async () => {
      const client = new DynamoDBClient(region.client());
      const put = () => client.send(new PutItemCommand({ TableName, Item: key('node#a') }));
      await Promise.all(Array.from({ length: 8 }, put));
      expect(seen.map(({ running }) => running)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    });
  });

  test('Secrets Manager: a secret is meant by name, by ARN and by ARN without its tail; permission is for the whole ARN', async () => {
    const client = new SecretsManagerClient(keys({ Action: 'secretsmanager:GetSecretValue', Resource: SECRET_ARN }));
    for (const SecretId of ['Monitor', SECRET_ARN, SECRET_ARN.slice(0, -7)]) {
      await expect(client.send(new GetSecretValueCommand({ SecretId }))).resolves.toBeDefined();
    }
    await expect(client.send(new GetSecretValueCommand({ SecretId: 'Other' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('Systems Manager: a parameter is meant with and without a slash', async () => {
    const Resource = 'arn:aws:ssm:eu-west-1:123456789012:parameter/team/settings';
    const client = new SSMClient(keys({ Action: 'ssm:GetParameter', Resource }));
    await client.send(new GetParameterCommand({ Name: '/team/settings' }));
    await expect(client.send(new GetParameterCommand({ Name: '/team/other' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  test('S3: reading an object needs s3:GetObject on it, HEAD too; writing is something else', async () => {
    const client = new S3Client({
      ...keys({ Action: 's3:GetObject', Resource: 'arn:aws:s3:::bucket/a key.zip' }),
      forcePathStyle: true,
    });
    const object = { Bucket: 'bucket', Key: 'a key.zip' };
    const { Body } = await client.send(new GetObjectCommand(object));
    expect(await Body?.transformToString()).toBe('object');
    await client.send(new HeadObjectCommand(object));
    expect(seen.map(({ request }) => `${request.method} ${request.url?.split('?')[0]}`)).toEqual([
      'GET /bucket/a%20key.zip',
      'HEAD /bucket/a%20key.zip',
    ]);
    await expect(client.send(new PutObjectCommand({ ...object, Body: 'x' }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    await expect(client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'other' }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });
});
