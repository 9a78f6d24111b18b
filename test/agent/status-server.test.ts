import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import type { Layout } from '../../agent/layout';
import { StatusServer } from '../../agent/status-server';
import type { NodeStatus } from '../../core/status';
import { parseNodeStatus } from '../../register';
import { ClusterStores, tlsNode } from './support/authority';
import { temporaryDirectory } from './support/directory';

/** Programs are started here: on a busy machine that takes a while. */
jest.setTimeout(120_000);

const STATUS: NodeStatus = {
  cluster: 'shop',
  slot: 'a',
  instanceId: 'i-0123456789abcdef0',
  address: '10.0.1.7',
  member: 'a_0123456789',
  activity: 'following',
  role: 'standby',
  healthy: true,
  reason: null,
  record: { version: 7, term: 2, epoch: 'e1', ageMs: 120 },
  pledgedTerm: 2,
  postgres: {
    state: 'up',
    stateForMs: 60_000,
    inRecovery: true,
    timeline: 2,
    lsn: '0/3000148',
    receivedLsn: '0/3000148',
    ancestry: [{ timeline: 1, forkLsn: '0/0', firstRecord: '' }],
    fedAgeMs: 40,
    streaming: true,
    doorOpen: true,
    localWriteAgeMs: null,
    quorumAgeMs: null,
  },
  disk: { answerAgeMs: 400, volume: null },
  leaving: false,
  loopLateMs: 0,
};

const directory = temporaryDirectory();
let stores: ClusterStores;
let layout: Layout;
let server: StatusServer;
let looks: number;
let status: () => NodeStatus;

beforeEach(async () => {
  stores = new ClusterStores();
  const node = tlsNode(stores, directory.path);
  layout = node.layout;
  await node.tls.ensure({ mayCreate: true });
  looks = 0;
  status = () => STATUS;
  server = new StatusServer({
    files: layout.tls.server,
    status: () => status(),
    look: () => {
      looks += 1;
    },
    port: 0,
    address: '127.0.0.1',
  });
  await server.start();
});

afterEach(async () => {
  await server.close();
});

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
  readonly serial: string;
}

/** As the health checker asks: by address, verifying the name with the cluster's authority. */
async function ask(method: string, path: string, servername = 'a.shop.internal', agent = new Agent()): Promise<Answer> {
  const ca = await readFile(layout.tls.authority, 'utf8');
  const options = { host: '127.0.0.1', port: server.port, method, path, ca, servername, agent };
  return new Promise((resolve, reject) => {
    request(options, (response) => {
      const serial = (response.socket as TLSSocket).getPeerCertificate().serialNumber;
      let body = '';
      response.on('data', (text: Buffer) => (body += text.toString()));
      response.on('end', () => resolve({ status: response.statusCode, body, serial }));
    })
      .on('error', reject)
      .end();
  });
}

describe("the agent's page", () => {
  test('says what the node knows of itself', async () => {
    const { status: code, body } = await ask('GET', '/status');
    expect(code).toBe(200);
    expect(parseNodeStatus(body, 'The page')).toEqual(STATUS);
  });

  test('takes the hint to look', async () => {
    expect(await ask('POST', '/look')).toMatchObject({ status: 204, body: '' });
    expect(looks).toBe(1);
  });

  test.each([
    ['POST', '/status'],
    ['GET', '/look'],
    ['GET', '/'],
    ['PUT', '/status'],
    ['GET', '/status/../look'],
  ])('has no %s %s', async (method, path) => {
    expect(await ask(method, path)).toMatchObject({ status: 404 });
    expect(looks).toBe(0);
  });

  test('is under the names of the node, and no other', async () => {
    expect(await ask('GET', '/status', 'writer.shop.internal')).toMatchObject({ status: 200 });
    await expect(ask('GET', '/status', 'b.shop.internal')).rejects.toThrow("does not match certificate's altnames");
  });

  test('answers many questions over one connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let count = 0; count < 5; count += 1) {
      expect(await ask('GET', '/status', 'a.shop.internal', agent)).toMatchObject({ status: 200 });
    }
    agent.destroy();
  });

  test('shows renewed certificates without a restart', async () => {
    const before = await ask('GET', '/status');
    const renewed = await tlsNode(stores, directory.path, { address: '10.0.1.9' }).tls.ensure({ mayCreate: false });
    expect(renewed).toEqual({ kind: 'ready', renewed: true });
    await server.renew();
    const after = await ask('GET', '/status');
    expect(after).toMatchObject({ status: 200 });
    expect(after.serial).not.toBe(before.serial);
  });

  test('cuts off whoever connects and says nothing', async () => {
    const silent = connect(server.port, '127.0.0.1');
    await once(silent, 'close');
    expect(await ask('GET', '/status')).toMatchObject({ status: 200 });
  });

  test('is gone when it is closed, whoever was connected', async () => {
    const silent = connect(server.port, '127.0.0.1');
    await once(silent, 'connect');
    await Promise.all([once(silent, 'close'), server.close()]);
    expect(() => server.port).toThrow('It does not listen.');
  });

  test('does not start on a port that is taken, or without a certificate', async () => {
    const options = { files: layout.tls.server, status, look: () => undefined, address: '127.0.0.1' };
    await expect(new StatusServer({ ...options, port: server.port }).start()).rejects.toThrow('EADDRINUSE');
    const files = { certificate: join(directory.path, 'none.pem'), key: layout.tls.server.key };
    await expect(new StatusServer({ ...options, files, port: 0 }).start()).rejects.toThrow('ENOENT');
  });
});
