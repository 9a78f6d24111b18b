import { createServer, request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Instance } from '../../../lab/aws/ec2/instance';
import { startServer, type RunningServer } from '../../../lab/aws/gateway/server';
import { InstanceCredentials } from '../../../lab/aws/imds/credentials';
import { MetadataService } from '../../../lab/aws/imds/service';
import { TestRegion } from './support/test-region';
import { until } from './support/until';

const TOKEN = 'x-aws-ec2-metadata-token';
const TTL = 'x-aws-ec2-metadata-token-ttl-seconds';

describe('instance metadata', () => {
  let region: TestRegion;
  let server: RunningServer;
  let instance: Instance;

  beforeEach(async () => {
    region = new TestRegion().addNetwork();
    // Instances live on loopback addresses here, so that a request can come from one.
    region.network.vpcs.set('vpc-lo', { cidr: '127.0.0.0/8' });
    region.network.addSubnet({ subnetId: 'subnet-lo', vpcId: 'vpc-lo', cidr: '127.0.7.0/24', zone: 'eu-west-1b' });
    const credentials = new InstanceCredentials(region.account, region.credentials);
    const service = new MetadataService(
      region.instances,
      {
        account: region.account,
        network: region.network,
        targetLifecycleState: (id) => region.groups.holding(id)?.targetLifecycleState(id),
        credentials: (of) => credentials.document(of),
      },
      region.faults,
    );
    server = await startServer(createServer(service.listener), '127.0.0.1', 0);
    const spec = { ...region.launchSpec('subnet-lo'), roleName: 'node', instanceProfileArn: 'arn:profile' };
    const group = await region.createGroup({ launchSpecs: () => [spec], healthCheckGraceMs: 1e9 });
    instance = group.members[0]?.instance as Instance;
  });
  afterEach(async () => {
    await server.close();
    await region.close();
  });

  const ask = (method: string, path: string, headers: Record<string, string> = {}, from = instance.address) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      request({ host: '127.0.0.1', port: server.port, method, path, headers, localAddress: from }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      })
        .on('error', reject)
        .end();
    });
  const token = async (from = instance.address) => (await ask('PUT', '/latest/api/token', { [TTL]: '60' }, from)).body;
  const get = async (path: string) => ask('GET', path, { [TOKEN]: await token() });

  test('is refused without a token, with a wrong one, and with that of another instance', async () => {
    const { instance: other, running } = region.instances.launch(region.launchSpec('subnet-lo'));
    await running;
    const path = '/latest/meta-data/instance-id';
    expect((await ask('GET', path)).status).toBe(401);
    expect((await ask('GET', path, { [TOKEN]: 'wrong' })).status).toBe(401);
    expect((await ask('GET', path, { [TOKEN]: await token(other.address) })).status).toBe(401);
    expect(await get(path)).toEqual({ status: 200, body: instance.instanceId });
  });

  test('gives out tokens for a time between one second and six hours, never through a proxy', async () => {
    const put = async (headers: Record<string, string>) => (await ask('PUT', '/latest/api/token', headers)).status;
    expect(await put({})).toBe(400);
    expect(await put({ [TTL]: '0' })).toBe(400);
    expect(await put({ [TTL]: '21601' })).toBe(400);
    expect(await put({ [TTL]: '21600', 'x-forwarded-for': '10.0.0.9' })).toBe(403);
    expect(await put({ [TTL]: '21600' })).toBe(200);
  });

  test('tells who and where the instance is', async () => {
    for (const [path, body] of [
      ['meta-data/local-ipv4', instance.address],
      ['meta-data/placement/availability-zone', 'eu-west-1b'],
      ['meta-data/placement/region', 'eu-west-1'],
      ['meta-data/autoscaling/target-lifecycle-state', 'InService'],
      ['user-data', '#!/bin/sh\n'],
    ] as const) {
      expect(await get(`/latest/${path}`)).toEqual({ status: 200, body });
    }
    const document = JSON.parse((await get('/2021-03-23/dynamic/instance-identity/document')).body) as object;
    expect(document).toMatchObject({ instanceId: instance.instanceId, region: 'eu-west-1', accountId: '123456789012' });
  });

  test('shows the target state Terminated as soon as its group lets the instance go', async () => {
    region.host.holdShutdowns();
    region.groups.get('group-a').terminate(instance.instanceId, 'a test');
    expect((await get('/latest/meta-data/autoscaling/target-lifecycle-state')).body).toBe('Terminated');
    region.host.finishShutdowns();
  });

  test('announces a spot interruption two minutes ahead, until it is taken back', async () => {
    const path = '/latest/meta-data/spot/instance-action';
    region.instances.announce(instance.instanceId, { kind: 'spot', inMs: 120_000 });
    expect(JSON.parse((await get(path)).body)).toEqual({
      action: 'terminate',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    region.instances.announce(instance.instanceId, undefined);
    expect((await get(path)).status).toBe(404);
  });

  test('takes a spot instance back when its time has come', async () => {
    region.instances.announce(instance.instanceId, { kind: 'spot', inMs: 1 });
    await until(() => instance.state === 'terminated');
    expect(instance.stateReason?.code).toBe('Server.SpotInstanceTermination');
  });

  test('announces scheduled maintenance in the form that EC2 gives it', async () => {
    const path = '/latest/meta-data/events/maintenance/scheduled';
    expect((await get(path)).body).toBe('[]');
    region.instances.announce(instance.instanceId, { kind: 'maintenance', inMs: 60_000 });
    const [event] = JSON.parse((await get(path)).body) as Record<string, string>[];
    expect(event).toMatchObject({ Code: 'system-reboot', State: 'active' });
    expect(event?.['NotBefore']).toMatch(/^\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/);
    expect(Date.parse(event?.['NotBefore'] ?? '')).toBeGreaterThan(Date.now());
  });

  test('hands out keys of its role that the gateway knows, the same until they are nearly over', async () => {
    expect((await get('/latest/meta-data/iam/security-credentials/')).body).toBe('node');
    const path = '/latest/meta-data/iam/security-credentials/node';
    const first = JSON.parse((await get(path)).body) as Record<string, string>;
    expect(first).toMatchObject({ Code: 'Success', Type: 'AWS-HMAC' });
    expect(region.credentials.find(first['AccessKeyId'] ?? '')).toMatchObject({
      principal: { kind: 'role', roleName: 'node', sessionName: instance.instanceId },
      credentials: { secretAccessKey: first['SecretAccessKey'], sessionToken: first['Token'] },
    });
    expect(JSON.parse((await get(path)).body)).toEqual(first);
  });

  test('every path of the tree can be crawled, as cloud-init does', async () => {
    const leaves: string[] = [];
    const crawl = async (directory: string): Promise<void> => {
      const { status, body } = await get(directory);
      expect([directory, status]).toEqual([directory, 200]);
      for (const name of body.split('\n')) {
        if (name.endsWith('/')) await crawl(`${directory}${name}`);
        else leaves.push(`${directory}${name}`);
      }
    };
    await crawl('/2021-03-23/meta-data/');
    for (const leaf of leaves) expect([leaf, (await get(leaf)).status]).toEqual([leaf, 200]);
    expect(leaves).toContain(`/2021-03-23/meta-data/network/interfaces/macs/${instance.macAddress}/subnet-id`);
  });

  test('what does not exist is 404; who is no instance gets no answer', async () => {
    expect((await get('/latest/meta-data/spot/instance-action')).status).toBe(404);
    expect((await get('/latest/meta-data/tags/instance')).status).toBe(404);
    await expect(ask('GET', '/latest/meta-data/', {}, '127.0.9.9')).rejects.toThrow('socket hang up');
  });
});
