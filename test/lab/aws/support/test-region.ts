import { createServer } from 'node:http';
import type { AwsTimes } from '../../../../lab/ports';
import { Account } from '../../../../lab/aws/account';
import type { GroupSpec } from '../../../../lab/aws/autoscaling/group';
import { Background } from '../../../../lab/aws/background';
import { emptyCloud, type Cloud } from '../../../../lab/aws/cloud';
import type { LaunchSpec } from '../../../../lab/aws/ec2/instance';
import { FaultBoard } from '../../../../lab/aws/gateway/fault';
import { createGateway } from '../../../../lab/aws/gateway/gateway';
import { startServer, type RunningServer } from '../../../../lab/aws/gateway/server';
import { CredentialStore, type Credentials } from '../../../../lab/aws/iam/credentials';
import { operator, roleSession } from '../../../../lab/aws/iam/principal';
import { MotoProxy } from '../../../../lab/aws/moto/proxy';
import { TokenBucket } from '../../../../lab/aws/route53/rate';
import { servicesOf } from '../../../../lab/aws/services';
import { FakeHost } from './fake-host';

/** Short enough to wait for. */
export const QUICK_TIMES: AwsTimes = {
  impairedAfterMs: 20,
  groupCheckMs: 10,
  shuttingDownMs: 20,
  pendingMs: 1,
  dnsPropagationMs: 5,
  scheduleMinMs: 5,
  scheduleMaxMs: 20,
};

export const TRUST_EC2 = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'ec2.amazonaws.com' } }],
};

/** Nothing listens there: a test that needs moto belongs to the live lab. */
const NO_MOTO = 'http://127.0.0.1:9';

/** The emulations that need neither moto nor root, behind a gateway on loopback: what the SDK's own clients talk to. */
export class TestRegion {
  readonly account = new Account();
  readonly host = new FakeHost();
  readonly log: string[] = [];
  readonly credentials = new CredentialStore();
  readonly faults = new FaultBoard();
  readonly cloud: Cloud;
  private readonly proxy: MotoProxy;
  private server: RunningServer | undefined;

  constructor(overrides: Partial<AwsTimes> = {}, motoUrl = NO_MOTO) {
    this.proxy = new MotoProxy(motoUrl);
    const log = (line: string) => this.log.push(line);
    this.cloud = emptyCloud({
      ...{
        account: this.account,
        host: this.host,
        log,
        credentials: this.credentials,
        background: new Background(log),
      },
      ...{ times: { ...QUICK_TIMES, ...overrides }, machineMemoryMiB: 1024, motoUrl, enter: () => [] },
    });
  }

  get roles() {
    return this.cloud.roles;
  }
  get network() {
    return this.cloud.network;
  }
  get volumes() {
    return this.cloud.volumes;
  }
  get instances() {
    return this.cloud.instances;
  }
  get groups() {
    return this.cloud.groups;
  }
  get zones() {
    return this.cloud.zones;
  }

  /** Two subnets in two zones. */
  addNetwork(): this {
    this.network.vpcs.set('vpc-1', { cidr: '10.0.0.0/16' });
    this.network.addSubnet({ subnetId: 'subnet-a', vpcId: 'vpc-1', cidr: '10.0.1.0/24', zone: 'eu-west-1a' });
    this.network.addSubnet({ subnetId: 'subnet-b', vpcId: 'vpc-1', cidr: '10.0.2.0/24', zone: 'eu-west-1b' });
    return this;
  }

  async start(rate = new TokenBucket(1e6, 1e6)): Promise<this> {
    const listener = createGateway({
      services: servicesOf(this.cloud, this.proxy, rate),
      ...{ account: this.account, credentials: this.credentials, roles: this.roles, faults: this.faults },
      log: (line) => this.log.push(line),
      isReachable: () => true,
    });
    this.server = await startServer(createServer(listener), '127.0.0.1', 0);
    return this.addNetwork();
  }

  /** What an SDK client is made with: the operator's keys unless others are given. */
  client(credentials: Credentials = this.credentials.permanent(operator(this.account)), region = 'eu-west-1') {
    if (this.server === undefined) throw new Error('the region is not started');
    return {
      endpoint: `http://127.0.0.1:${this.server.port}`,
      region,
      maxAttempts: 1,
      credentials: {
        accessKeyId: credentials.accessKeyId,
        secretAccessKey: credentials.secretAccessKey,
        ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken }),
      },
    };
  }

  /** Keys of a role that may do what the statements say. */
  keysOfRole(name: string, statements: readonly object[]): Credentials {
    this.roles.create({ name, arn: `arn:aws:iam::123456789012:role/${name}`, id: 'AROA', tags: {} }, TRUST_EC2);
    this.roles.attach(name, 'policy', { Version: '2012-10-17', Statement: statements });
    return this.credentials.temporary(roleSession(this.account, name, 'session'), 3600_000);
  }

  launchSpec(subnetId = 'subnet-a', tags: Readonly<Record<string, string>> = {}): LaunchSpec {
    return {
      ...{ subnetId, tags, securityGroupIds: ['sg-1'], imageId: 'ami-1', instanceType: 't4g.small' },
      userData: Buffer.from('#!/bin/sh\n'),
      metadata: { tokensRequired: true, tagsShown: false },
      rootDevice: { name: '/dev/xvda', sizeGiB: 8 },
    };
  }

  async runInstance(subnetId = 'subnet-a', tags: Readonly<Record<string, string>> = {}) {
    const { instance, running } = this.instances.launch(this.launchSpec(subnetId, tags));
    await running;
    return instance;
  }

  createVolume(zone = 'eu-west-1a', tags: Readonly<Record<string, string>> = {}) {
    const shape = { volumeType: 'gp3', iops: 3000, throughput: 125, encrypted: true };
    return this.volumes.create({ zone, sizeGiB: 20, ...shape, tags });
  }

  /** A group of one in zone a, started. */
  async createGroup(overrides: Partial<GroupSpec> = {}) {
    const group = this.groups.create({
      name: 'group-a',
      arn: 'arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:1:autoScalingGroupName/group-a',
      logicalId: 'GroupA',
      ...{ minSize: 1, maxSize: 1, desiredCapacity: 1, subnetIds: ['subnet-a'], zones: ['eu-west-1a'] },
      healthCheckGraceMs: 0,
      launchTemplate: { id: 'lt-1', name: 'template', version: '1' },
      tags: [{ key: 'holdfast:slot', value: 'a', propagateAtLaunch: true }],
      launchSpecs: (subnetId) => [this.launchSpec(subnetId, { 'holdfast:slot': 'a' })],
      ...overrides,
    });
    await group.start();
    return group;
  }

  async close(): Promise<void> {
    await this.cloud.background.close();
    this.cloud.moto.close();
    this.proxy.close();
    await this.server?.close();
  }
}
