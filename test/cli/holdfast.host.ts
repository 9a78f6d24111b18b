import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { newSuffix } from '../../lab/aws/ids';
import type { Credentials } from '../../lab/aws/iam/credentials';
import { operator } from '../../lab/aws/iam/principal';
import { startMoto, type MotoServer } from '../../lab/aws/moto/server';
import { MOTO_PACKAGES } from '../../lab/aws/moto/packages';
import { openRegister } from '../../lab/daemon/register-access';
import { Images } from '../../lab/host/images';
import { layout } from '../../lab/host/layout';
import { viewOf } from '../../core/coordinator-view';
import { parseSlot } from '../../core/member';
import { TABLE } from '../../core/names';
import type { ClusterRecord } from '../../core/record';
import type { Register } from '../../register';
import { snapshot } from '../core/support/evidence';
import { electing, pledge, steady, B } from '../core/support/records';
import { TestRegion } from '../lab/aws/support/test-region';

/** The program itself, as an operator runs it, against an emulated AWS that checks signatures and permissions. */
jest.setTimeout(300_000);

const HOLDFAST = join(__dirname, '../../script/holdfast');
/** The statements of `cluster.grantOperator`; the lab runs it with the very policy. */
const MAY = (table: string) => [
  { Effect: 'Allow', Action: ['cloudformation:DescribeStacks', 'cloudformation:ListStacks'], Resource: '*' },
  { Effect: 'Allow', Action: ['dynamodb:GetItem', 'dynamodb:Query', 'logs:FilterLogEvents'], Resource: '*' },
  {
    ...{
      Effect: 'Allow',
      Action: 'dynamodb:PutItem',
      Resource: `arn:aws:dynamodb:eu-west-1:123456789012:table/${table}`,
    },
    Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['cluster'] } },
  },
];

let moto: MotoServer;
let region: TestRegion;
let table: string;
let register: Register;
let keys: Credentials;

beforeAll(async () => {
  const images = new Images(layout().imageDirectory, undefined);
  const image = await images.ensure({ name: 'moto', packages: MOTO_PACKAGES }, () => undefined);
  moto = await startMoto(image, await freePort(), '123456789012');
  region = await new TestRegion({}, moto.url).start();
});
afterAll(async () => {
  await region.close();
  await moto.close();
});

beforeEach(async () => {
  const suffix = newSuffix(8).toLowerCase();
  table = `register-${suffix}`;
  const key = (name: string, type: 'HASH' | 'RANGE') => ({ AttributeName: name, KeyType: type });
  await region.cloud.moto.dynamodb.send(
    new CreateTableCommand({
      TableName: table,
      KeySchema: [key(TABLE.partitionKey, 'HASH'), key(TABLE.sortKey, 'RANGE')],
      AttributeDefinitions: [TABLE.partitionKey, TABLE.sortKey].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  region.cloud.tables.set(table, { partitionKey: TABLE.partitionKey });
  region.cloud.logs.append(`log-${suffix}`, 's', '{"code":"took-over"}');
  region.cloud.logs.append(`nodes-${suffix}`, 'a/i-1', 'of a');
  region.cloud.logs.append(`nodes-${suffix}`, 'b/i-2', 'of b');
  region.cloud.stacks.put({
    ...{ name: 'Shop', id: 'arn:aws:cloudformation:eu-west-1:123456789012:stack/Shop/1' },
    ...{ status: 'CREATE_COMPLETE', createdAt: new Date() },
    outputs: {
      ...{
        ClusterName: 'shop-db',
        Slots: 'a,b,c',
        RegisterTableName: table,
        HealthCheckerLogGroupName: `log-${suffix}`,
      },
      ...{ NodeLogGroupName: `nodes-${suffix}`, WriterEndpoint: 'writer.shop', ReaderEndpoint: 'reader.shop' },
    },
  });
  keys = region.keysOfRole(`operator-${suffix}`, MAY(table));
  register = openRegister(moto.url, 'eu-west-1', table);
});
afterEach(() => register.close());

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function holdfast(args: readonly string[], env: NodeJS.ProcessEnv = {}, given = keys): Promise<Run> {
  const { PATH, HOME = '/root' } = process.env;
  const child = spawn(HOLDFAST, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...{ PATH, HOME, AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: region.client().endpoint },
      ...{ AWS_ACCESS_KEY_ID: given.accessKeyId, AWS_SECRET_ACCESS_KEY: given.secretAccessKey },
      ...(given.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: given.sessionToken }),
      ...{ AWS_EC2_METADATA_DISABLED: 'true' },
      ...env,
    },
  });
  const [out, err] = [text(child.stdout), text(child.stderr)];
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out: await out, err: await err };
}

/** What a coordinator would have left there just now. */
async function coordinated(record: ClusterRecord): Promise<void> {
  const nowMs = Date.now();
  await register.createRecord(record);
  const seen = snapshot(undefined, record, { wallClockMs: nowMs });
  await register.writeView(
    viewOf({ by: 'health checker', snapshot: seen, findings: [], waiting: undefined, endpoints: undefined }),
  );
  const taken = await register.takeBeat({ invocationId: 'one', startedAtMs: nowMs, atMs: nowMs });
  if (taken === 'refused') throw new Error('Nobody else beats.');
}

describe('with the permissions of an operator', () => {
  test('status says how a whole cluster is, ends with 0, and has no colours in a pipe', async () => {
    await coordinated(steady());
    const { code, out, err } = await holdfast(['status']);
    expect(err).toBe('');
    expect(out).toMatch(/^shop-db in eu-west-1: whole, primary a, term 1\nevery commit is on a and on 1 of b, c\n/);
    expect(code).toBe(0);
  });

  test('status ends with 2 when the cluster is not whole, and says so as JSON', async () => {
    await register.createRecord(electing());
    const { code, out } = await holdfast(['--cluster', 'shop-db', 'status', '--json']);
    expect(JSON.parse(out)).toMatchObject({ whole: false, phase: 'electing', coordinator: { alive: false } });
    expect(code).toBe(2);
  });

  test('pause and resume change the record, say so, and stand in the history with their reason', async () => {
    await coordinated(steady());
    expect((await holdfast(['pause', '--reason', 'new kernel'])).out).toContain('Automatic failover is paused.');
    expect(await register.readRecord()).toMatchObject({ paused: true, version: steady().version + 1 });
    expect(await holdfast(['pause'])).toEqual({ code: 0, out: 'Automatic failover is paused already.\n', err: '' });
    expect((await holdfast([])).out).toMatch(/Automatic failover is paused by .*: new kernel\./);
    expect((await holdfast(['resume'])).code).toBe(0);
    expect(await register.readRecord()).toMatchObject({ paused: false });
    const { out } = await holdfast(['events']);
    expect(out).toContain('automatic failover resumed');
    expect(out).toContain('new kernel (');
  });

  test('a switchover stands in the record; to nowhere it is refused', async () => {
    await coordinated(steady());
    await register.writeReport(parseSlot('b'), {
      ...{ slot: 'b', address: '10.0.0.2', instanceId: 'i-b', member: B, hasHistory: true },
    });
    expect(await holdfast(['switchover', 'z'])).toMatchObject({
      code: 1,
      err: 'holdfast: There is no slot "z".\nThe slots are a, b, c.\n',
    });
    expect((await holdfast(['switchover', 'b', '--no-wait'])).out).toContain('A switchover is asked for.');
    expect(await register.readRecord()).toMatchObject({ switchover: { to: B, by: 'operator' } });
  });

  test('the loss of data is accepted by the name of the cluster alone, after it was told', async () => {
    await register.createRecord(electing());
    await register.writePledge(parseSlot('b'), pledge(B, 0x5000000));
    const plain = await holdfast(['failover']);
    expect(plain).toMatchObject({ code: 1 });
    expect(plain.err).toContain('A failover comes by itself.');
    const silent = await holdfast(['failover', '--accept-data-loss']);
    expect(silent.err).toContain('b would become primary with what it has (up to 0/5000000)');
    expect(silent.err).toContain('In a script: --confirm shop-db');
    const wrong = await holdfast(['failover', '--accept-data-loss', '--confirm', 'shop']);
    expect(wrong.err).toContain('"shop" is not this cluster\'s name, "shop-db": nothing was done.');
    expect(await register.readRecord()).toEqual(electing());
    const right = await holdfast(['failover', '--accept-data-loss', '--confirm', 'shop-db', '--timeout', '1s']);
    expect(right.err).toContain('After 1.0 s nobody is primary.');
    expect(await register.readRecord()).toMatchObject({ election: { acceptsLoss: true } });
    expect((await holdfast(['events'])).out).toContain('loss of data accepted');
  });

  test('logs are those of the health checker, or of a slot', async () => {
    expect((await holdfast(['logs'])).out).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \{"code":"took-over"\}\n$/);
    expect((await holdfast(['logs', 'b'])).out).toMatch(/^\S+ \S+ of b\n$/);
    expect((await holdfast(['logs', 'z'])).err).toBe(
      'holdfast: "z" has no logs.\nThose who have: a, b, c, health-checker. Without a name: health-checker.\n',
    );
  });
});

describe('without access', () => {
  test('a missing permission is named, with the grant that would give it', async () => {
    const found = region.keysOfRole(`reader-${newSuffix(8)}`, MAY(table).slice(0, 1));
    const { code, err } = await holdfast(['status'], {}, found);
    expect(err).toMatch(
      /^holdfast: arn:aws:sts::123456789012:assumed-role\/reader-\w+\/session may not dynamodb:\w+\.\n/,
    );
    expect(err).toContain('cluster.grantOperator(grantee)');
    expect(code).toBe(1);
  });

  test.each([
    [{ AWS_REGION: '' }, /^holdfast: No region is chosen\.\nGive --region/],
    [{ AWS_ACCESS_KEY_ID: 'AKIANOSUCHKEY0000000' }, /^holdfast: AWS does not know these credentials\./],
    [{ AWS_SECRET_ACCESS_KEY: 'wrong' }, /^holdfast: AWS refuses the signature/],
    [{ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }, /^holdfast: No AWS credentials are found/],
    [{ HOLDFAST_STACK: 'Other' }, /^holdfast: Stack with id Other does not exist\nStacks belong to a region/],
    [
      { HOLDFAST_CLUSTER: 'other' },
      /^holdfast: There is no cluster "other" in region eu-west-1\.\nThere is:\n {2}--cluster shop-db/,
    ],
  ])('%j says what to do', async (env, message) => {
    const { code, err } = await holdfast(['status'], { HOME: '/nonexistent', ...env });
    expect(err).toMatch(message);
    expect(code).toBe(1);
  });

  test('expired credentials are said to be expired', async () => {
    const past = { ...region.credentials.temporary(operator(region.account), -1_000) };
    expect((await holdfast(['status'], {}, past)).err).toMatch(
      /^holdfast: Your AWS credentials have expired\.\nLog in/,
    );
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
