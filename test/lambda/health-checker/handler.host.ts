import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { NodeConfig } from '../../../agent/config';
import { coordinatorRole } from '../../../agent/coordinator-role';
import { layoutOf } from '../../../agent/layout';
import { createLog } from '../../../agent/log';
import { StandIn } from '../../../agent/stand-in';
import { StatusServer } from '../../../agent/status-server';
import { systemClock } from '../../../coordinator/clock';
import { parseLsn, ZERO_LSN } from '../../../core/lsn';
import { HEALTH_CHECKER_ENV, PORT } from '../../../core/names';
import { DEFAULT_POLICY } from '../../../core/policy';
import type { NodeStatus } from '../../../core/status';
import type { HostedZone } from '../../../lab/aws/route53/zone';
import { handler } from '../../../lambda/health-checker';
import { Route53Zone } from '../../../coordinator/adapters/route53';
import type { Register } from '../../../register';
import { ClusterStores, tlsNode } from '../../agent/support/authority';
import { temporaryDirectory } from '../../agent/support/directory';
import { eventually } from '../../agent/support/eventually';
import { TestRegion } from '../../lab/aws/support/test-region';
import { TestDynamo, type TestTable } from '../../register/support/table';
import { statusOf } from '../../coordinator/support/evidence';
import { MEMBER, SLOTS, steady } from '../../coordinator/support/records';

jest.setTimeout(300_000);

/** Each node's own loopback address, so that all of them have the same ports. */
const ADDRESS = { a: '127.0.77.1', b: '127.0.77.2', c: '127.0.77.3' } as const;
type Name = keyof typeof ADDRESS;

const directory = temporaryDirectory();
const environment = { ...process.env };
let dynamo: TestDynamo;
let table: TestTable;
let register: Register;
let region: TestRegion;
let hosted: HostedZone;
let zone: Route53Zone;
let agents: StatusServer[];
let statuses: Record<Name, NodeStatus>;
let running: Promise<void>[];
let ended: number;

/** The handler as Lambda runs it. */
function invoke(awsRequestId: string): Promise<void> {
  const invocation = handler({}, { awsRequestId, getRemainingTimeInMillis: () => 180_000 });
  running.push(invocation.finally(() => (ended += 1)));
  return invocation;
}

/** Ends every invocation by taking the beat away from it. */
async function overtakeAll(): Promise<void> {
  await eventually('every invocation has ended', async () => {
    const nowMs = Date.now();
    await register.takeBeat({ invocationId: 'the test', startedAtMs: nowMs, atMs: nowMs });
    return ended === running.length;
  });
  await Promise.all(running);
}

beforeEach(async () => {
  dynamo = await TestDynamo.start();
  table = await dynamo.makeTable();
  register = table.open();
  region = await new TestRegion().start();
  hosted = region.zones.create('db.internal');
  const route53 = region.client(undefined, 'us-east-1');
  zone = new Route53Zone({ hostedZoneId: hosted.zoneId, zoneName: 'db.internal', client: route53 });
  statuses = { a: statusOf('a', 'primary'), b: statusOf('b', 'standby'), c: statusOf('c', 'standby') };
  agents = [];
  running = [];
  ended = 0;
  // Its lines are no business of the test's reader.
  const write = process.stdout.write.bind(process.stdout);
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    return typeof text === 'string' && text.startsWith('{"at"') ? true : write(text);
  });

  const secrets = new SecretsManagerClient({ ...route53, endpoint: dynamo.endpoint });
  const SecretString = JSON.stringify({ username: 'holdfast_monitor', password: 'look' });
  const { ARN } = await secrets.send(new CreateSecretCommand({ Name: 'monitor', SecretString }));
  secrets.destroy();
  await startAgents();
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: route53.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: route53.credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: dynamo.endpoint,
    AWS_ENDPOINT_URL_ROUTE_53: route53.endpoint,
    AWS_ENDPOINT_URL_AUTO_SCALING: route53.endpoint,
    [HEALTH_CHECKER_ENV.cluster]: 'shop',
    [HEALTH_CHECKER_ENV.registerTable]: table.tableName,
    [HEALTH_CHECKER_ENV.hostedZoneId]: hosted.zoneId,
    [HEALTH_CHECKER_ENV.zoneName]: 'db.internal',
    [HEALTH_CHECKER_ENV.slots]: SLOTS.join(','),
    [HEALTH_CHECKER_ENV.monitorSecretArn]: ARN,
  });
});

afterEach(async () => {
  await overtakeAll();
  jest.restoreAllMocks();
  await Promise.all(agents.map((agent) => agent.close()));
  zone.close();
  table.close();
  await region.close();
  await dynamo.stop();
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
});

/** Three agents' pages, each with its certificate of the cluster's CA, as the register tells. */
async function startAgents(): Promise<void> {
  const stores = new ClusterStores();
  for (const slot of SLOTS) {
    const name = slot as string as Name;
    const { tls, layout } = tlsNode(stores, `${directory.path}/${slot}`, { dnsNames: [`${slot}.db.internal`] });
    await tls.ensure({ mayCreate: true });
    const agent = new StatusServer({
      files: layout.tls.server,
      status: () => ({ ...statuses[name], address: ADDRESS[name] }),
      look: () => undefined,
      port: PORT.agent,
      address: ADDRESS[name],
    });
    await agent.start();
    agents.push(agent);
  }
  if (stores.ca === undefined) throw new Error('There is no CA.');
  await register.createCa(stores.ca);
}

async function report(hasHistory: boolean): Promise<void> {
  for (const slot of SLOTS) {
    const name = slot as string as Name;
    const { instanceId } = statuses[name];
    const member = hasHistory ? MEMBER[name] : null;
    await register.writeReport(slot, { slot, address: ADDRESS[name], instanceId, member, hasHistory });
  }
}

describe('the health checker as Lambda runs it', () => {
  it('makes the first record when it has heard every agent, and hands over to the next invocation', async () => {
    await report(false);
    const first = invoke('one');
    await eventually('the record is there', async () => (await register.readRecord()) !== undefined);
    expect(await register.readRecord()).toMatchObject({ phase: 'bootstrapping', version: 1, bootstrapSlot: 'a' });
    await eventually('the first one beats', async () => (await register.readBeat())?.invocationId === 'one');
    void invoke('two');
    await first;
    expect(await register.readBeat()).toMatchObject({ invocationId: 'two', generation: 2 });
  });

  it('carries a failover from the word of the agent to the writer record and the event', async () => {
    const primary = { member: MEMBER.a, address: ADDRESS.a };
    await register.createRecord(steady(1, { primary }));
    await report(true);
    void invoke('one');
    await failsOver();
  });

  it('is stood in for by an agent while it is silent, which steps aside when it beats', async () => {
    const primary = { member: MEMBER.a, address: ADDRESS.a };
    await register.createRecord(steady(1, { primary }));
    await report(true);
    const standIn = standInOnB();
    const ran = standIn.run();
    try {
      await failsOver();
      expect(standIn.isCoordinating).toBe(true);
      void invoke('one');
      await eventually('the agent has stepped aside', () => Promise.resolve(!standIn.isCoordinating));
      expect((await register.readBeat())?.invocationId).toBe('one');
    } finally {
      standIn.stop();
      await ran;
    }
  });

  /** As slot b's agent puts it together, with the certificate of its node, and quicker to find the health checker silent. */
  function standInOnB(): StandIn {
    const policy = { ...DEFAULT_POLICY, coordinatorSilentMs: 1_500 };
    const log = createLog();
    const config: NodeConfig = {
      ...{ cluster: 'shop', slot: SLOTS[1], region: 'us-east-1', volumeId: 'vol-00000000' },
      ...{ registerTable: table.tableName, hostedZoneId: hosted.zoneId, zoneName: 'db.internal' },
      ...{ settingsParameter: '-', caCertificateParameter: '-', caSecretArn: '-' },
      ...{ masterSecretArn: '-', monitorSecretArn: '-' },
    };
    const { tls } = layoutOf({ tls: `${directory.path}/b/tls` });
    return new StandIn({
      policy,
      slot: SLOTS[1],
      register,
      watch: { lastSeen: () => undefined, ageMs: () => 0 },
      peers: { views: () => [] },
      status: () => statuses.b,
      takeRole: () => coordinatorRole({ config, slots: () => SLOTS, policy, tls, clock: systemClock, log }),
      clock: systemClock,
      log,
    });
  }

  /** The primary's agent says that its PostgreSQL is down; the other two pledge; the chosen one promotes. */
  async function failsOver(): Promise<void> {
    await eventually('the writer is in place', async () => (await zone.read()).writer?.values[0] === ADDRESS.a);
    const { postgres } = statuses.a;
    statuses.a = { ...statuses.a, healthy: false, postgres: { ...postgres, state: 'down' } };
    await eventually('it is electing', async () => (await register.readRecord())?.phase === 'electing');
    for (const name of ['b', 'c'] as const) {
      await register.writePledge(SLOTS[name === 'b' ? 1 : 2], {
        member: MEMBER[name],
        term: 2,
        endLsn: parseLsn(name === 'b' ? '0/5000000' : '0/4000000'),
        ancestry: [{ timeline: 1, forkLsn: ZERO_LSN, firstRecord: '' }],
        electable: true,
        address: ADDRESS[name],
      });
    }
    await eventually('one is chosen', async () => (await register.readRecord())?.phase === 'promoting');
    const chosen = await register.readRecord();
    if (chosen?.phase !== 'promoting') throw new Error('Nobody is chosen.');
    expect(chosen.primary).toEqual({ member: MEMBER.b, address: ADDRESS.b });
    const { version, epoch, term, primary: promoted, guarantees } = chosen;
    const promotedAtMs = Date.now();
    const election = { ...chosen.election, chosenAtMs: chosen.election.chosenAtMs ?? promotedAtMs, promotedAtMs };
    const next = steady(term, { epoch, primary: promoted, guarantees, endpointVersion: version + 1, election });
    await register.replaceRecord(chosen, next);

    await eventually('the writer is moved', async () => (await zone.read()).writer?.values[0] === ADDRESS.b);
    expect((await zone.read()).guard?.values).toEqual([`"${version + 1}"`]);
    await eventually('the event is complete', async () => (await register.readEvents())[0]?.flippedAtMs !== undefined);
    const [event] = await register.readEvents();
    expect(event).toMatchObject({ term: 2, reason: 'primary-postgres-down', from: MEMBER.a, to: MEMBER.b });
    const { suspectedAtMs = 0, convictedAtMs = 0, chosenAtMs = 0, flippedAtMs = 0 } = event ?? {};
    expect(event?.promotedAtMs).toBe(promotedAtMs);
    const steps = [suspectedAtMs, convictedAtMs, chosenAtMs, promotedAtMs, flippedAtMs];
    expect([...steps].sort((left, right) => left - right)).toEqual(steps);
  }
});
