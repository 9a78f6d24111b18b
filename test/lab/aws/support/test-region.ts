import { createServer } from 'node:http';
import type { AwsTimes } from '../../../../lab/ports';
import { AutoScalingService } from '../../../../lab/aws/autoscaling/api';
import type { GroupSpec } from '../../../../lab/aws/autoscaling/group';
import { GroupStore } from '../../../../lab/aws/autoscaling/groups';
import { Background } from '../../../../lab/aws/background';
import { Ec2Service } from '../../../../lab/aws/ec2/api';
import type { LaunchSpec } from '../../../../lab/aws/ec2/instance';
import { InstanceStore } from '../../../../lab/aws/ec2/instances';
import { VpcNetwork } from '../../../../lab/aws/ec2/network';
import { VolumeStore } from '../../../../lab/aws/ec2/volumes';
import { FaultBoard } from '../../../../lab/aws/gateway/fault';
import { createGateway } from '../../../../lab/aws/gateway/gateway';
import { startServer, type RunningServer } from '../../../../lab/aws/gateway/server';
import { CredentialStore, type Credentials } from '../../../../lab/aws/iam/credentials';
import { OPERATOR, roleSession } from '../../../../lab/aws/iam/principal';
import { RoleStore } from '../../../../lab/aws/iam/roles';
import { StsService } from '../../../../lab/aws/proxied/sts';
import { Route53Service } from '../../../../lab/aws/route53/api';
import { TokenBucket } from '../../../../lab/aws/route53/rate';
import { ZoneStore } from '../../../../lab/aws/route53/store';
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

/** The emulations that need neither moto nor root, behind a gateway on loopback: what the SDK's own clients talk to. */
export class TestRegion {
  readonly host = new FakeHost();
  readonly log: string[] = [];
  readonly credentials = new CredentialStore();
  readonly roles = new RoleStore();
  readonly faults = new FaultBoard();
  readonly background = new Background((line) => this.log.push(line));
  readonly network = new VpcNetwork(this.host.network);
  readonly volumes = new VolumeStore(this.host.volumes, this.background);
  readonly instances: InstanceStore;
  readonly groups: GroupStore;
  readonly zones: ZoneStore;
  private server: RunningServer | undefined;

  constructor(readonly times: AwsTimes = QUICK_TIMES) {
    const log = (line: string) => this.log.push(line);
    this.instances = new InstanceStore(
      ...([this.host.machines, this.network, this.volumes, times, 1024, this.background, log] as const),
    );
    this.groups = new GroupStore(this.instances, times, this.background, log);
    this.zones = new ZoneStore(this.host.dns, times, this.background);
    this.network.vpcs.set('vpc-1', { cidr: '10.0.0.0/16' });
    this.network.addSubnet({ subnetId: 'subnet-a', vpcId: 'vpc-1', cidr: '10.0.1.0/24', zone: 'eu-west-1a' });
    this.network.addSubnet({ subnetId: 'subnet-b', vpcId: 'vpc-1', cidr: '10.0.2.0/24', zone: 'eu-west-1b' });
  }

  async start(rate = new TokenBucket(1e6, 1e6)): Promise<this> {
    const listener = createGateway({
      services: [
        new Ec2Service(this.instances),
        new AutoScalingService(this.groups),
        new Route53Service(this.zones, rate),
        new StsService(),
      ],
      credentials: this.credentials,
      roles: this.roles,
      faults: this.faults,
      log: (line) => this.log.push(line),
      isReachable: () => true,
    });
    this.server = await startServer(createServer(listener), '127.0.0.1', 0);
    return this;
  }

  /** What an SDK client is made with: the operator's keys unless others are given. */
  client(credentials: Credentials = this.credentials.permanent(OPERATOR), region = 'eu-west-1') {
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
    return this.credentials.temporary(roleSession(name, 'session'), 3600_000);
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
    await this.background.close();
    await this.server?.close();
  }
}
