import {
  CloudFormationClient,
  DescribeStacksCommand,
  type DescribeStacksCommandInput,
} from '@aws-sdk/client-cloudformation';
import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  FilterLogEventsCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { operatorKeys } from '../../../lab/aws/iam/operator';
import { TestRegion } from './support/test-region';

/** What operators' tools ask of AWS, by the SDK's own clients. */
const STACK = {
  name: 'Shop',
  id: 'arn:aws:cloudformation:eu-west-1:123456789012:stack/Shop/1',
  status: 'CREATE_COMPLETE',
  createdAt: new Date(0),
  outputs: { RegisterTableName: 'shop-table', OperatorPolicyArn: 'arn:aws:iam::123456789012:policy/Operator' },
};

let region: TestRegion;

beforeEach(async () => {
  region = await new TestRegion().start();
  region.cloud.stacks.put(STACK);
});
afterEach(() => region.close());

describe('CloudFormation', () => {
  const describeStacks = async (input: DescribeStacksCommandInput, keys?: Parameters<TestRegion['client']>[0]) => {
    const client = new CloudFormationClient(region.client(keys));
    try {
      return await client.send(new DescribeStacksCommand(input));
    } finally {
      client.destroy();
    }
  };

  test('tells of a stack by its name, and of all of them', async () => {
    for (const input of [{}, { StackName: 'Shop' }, { StackName: STACK.id }]) {
      const { Stacks = [] } = await describeStacks(input);
      expect(Stacks).toMatchObject([
        {
          ...{ StackName: 'Shop', StackId: STACK.id, StackStatus: 'CREATE_COMPLETE', CreationTime: new Date(0) },
          Outputs: Object.entries(STACK.outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
        },
      ]);
    }
  });

  test('says of a stack that is not there what AWS says', async () => {
    await expect(describeStacks({ StackName: 'Other' })).rejects.toMatchObject({
      name: 'ValidationError',
      message: 'Stack with id Other does not exist',
    });
  });

  test('tells of all stacks only whom ListStacks is allowed to', async () => {
    const own = { Effect: 'Allow', Action: 'cloudformation:DescribeStacks', Resource: '*' };
    const keys = region.keysOfRole('reader', [own]);
    expect((await describeStacks({ StackName: 'Shop' }, keys)).Stacks).toHaveLength(1);
    await expect(describeStacks({}, keys)).rejects.toThrow('cloudformation:ListStacks');
  });
});

describe('CloudWatch Logs', () => {
  const GROUP = { logGroupName: 'shop-log' };
  const STREAM = { ...GROUP, logStreamName: 'a' };
  let client: CloudWatchLogsClient;

  beforeEach(() => {
    region.cloud.logs.createGroup('shop-log');
    client = new CloudWatchLogsClient(region.client());
  });
  afterEach(() => client.destroy());

  const put = (...events: readonly (readonly [number, string])[]) =>
    client.send(
      new PutLogEventsCommand({
        ...STREAM,
        logEvents: events.map(([timestamp, message]) => ({ timestamp, message })),
      }),
    );

  test('keeps what is written, and gives it back in order, from a time on and by stream', async () => {
    const now = Date.now();
    await client.send(new CreateLogStreamCommand(STREAM));
    await put([now - 10, 'one'], [now, 'two']);
    region.cloud.logs.append('shop-log', 'b', 'of another');
    const read = async (more: object) => {
      const { events = [] } = await client.send(new FilterLogEventsCommand({ ...GROUP, ...more }));
      return events.map(({ message, logStreamName }) => `${logStreamName ?? ''}: ${message ?? ''}`);
    };
    expect(await read({})).toEqual(['a: one', 'a: two', 'b: of another']);
    expect(await read({ startTime: now, logStreamNamePrefix: 'a' })).toEqual(['a: two']);
  });

  test('gives much of it page by page', async () => {
    for (let each = 0; each < 1_500; each += 1) region.cloud.logs.append('shop-log', 'a', String(each));
    const first = await client.send(new FilterLogEventsCommand(GROUP));
    const second = await client.send(new FilterLogEventsCommand({ ...GROUP, nextToken: first.nextToken }));
    expect([first.events?.length, second.events?.length, second.nextToken]).toEqual([1_000, 500, undefined]);
  });

  test('refuses what AWS refuses: no such group or stream, a stream twice, events out of order', async () => {
    await expect(put([Date.now(), 'x'])).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await client.send(new CreateLogStreamCommand(STREAM));
    await expect(client.send(new CreateLogStreamCommand(STREAM))).rejects.toMatchObject({
      name: 'ResourceAlreadyExistsException',
    });
    await expect(put([Date.now(), 'x'], [Date.now() - 50, 'y'])).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    await expect(client.send(new FilterLogEventsCommand({ logGroupName: 'no-such-group' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    expect((await put([Date.now() - 15 * 86_400_000, 'ancient'])).rejectedLogEventsInfo).toBeDefined();
  });
});

describe("an operator's keys", () => {
  const statement = { Effect: 'Allow', Action: 'cloudformation:DescribeStacks', Resource: '*' };

  const describeShop = async () => {
    const client = new CloudFormationClient(region.client(operatorKeys(region.cloud, region.credentials)));
    try {
      return await client.send(new DescribeStacksCommand({ StackName: 'Shop' }));
    } finally {
      client.destroy();
    }
  };

  test("may do what the stack's own policy for operators says, and nothing else", async () => {
    const { OperatorPolicyArn } = STACK.outputs;
    region.cloud.managedPolicies.set(OperatorPolicyArn, { Version: '2012-10-17', Statement: [statement] });
    expect((await describeShop()).Stacks).toHaveLength(1);
    region.cloud.managedPolicies.set(OperatorPolicyArn, { Version: '2012-10-17', Statement: [] });
    await expect(describeShop()).rejects.toThrow('not authorized to perform: cloudformation:DescribeStacks');
  });

  test('of a stack that has no such policy may do everything', async () => {
    region.cloud.stacks.put({ ...STACK, outputs: {} });
    expect((await describeShop()).Stacks).toHaveLength(1);
  });
});
