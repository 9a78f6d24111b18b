import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Layout } from '../../agent/layout';
import { StatusServer } from '../../agent/status-server';
import type { NodeStatus } from '../../core/status';
import { AgentClient } from '../../coordinator/agents';
import { ClusterStores, tlsNode } from '../agent/support/authority';
import { temporaryDirectory } from '../agent/support/directory';
import { eventually } from '../agent/support/eventually';
import { statusOf } from './support/evidence';
import { a } from './support/records';
import { FrozenPort } from './support/tcp';

// The agent's own page and certificates, the health checker's own client: they must fit.
const directory = temporaryDirectory();
let ca: string;
let layout: Layout;
let server: StatusServer;
let status: NodeStatus;
let looks: number;
let clients: AgentClient[];

async function startAgent(port = 0): Promise<void> {
  server = new StatusServer({
    files: layout.tls.server,
    status: () => status,
    look: () => (looks += 1),
    port,
    address: '127.0.0.1',
  });
  await server.start();
}

beforeEach(async () => {
  status = statusOf('a', 'primary');
  looks = 0;
  clients = [];
  const stores = new ClusterStores();
  const node = tlsNode(stores, directory.path);
  await node.tls.ensure({ mayCreate: true });
  ca = stores.ca?.certificate ?? '';
  ({ layout } = node);
  await startAgent();
});
afterEach(async () => {
  for (const client of clients) client.close();
  await server.close();
});

function client(changes: { serverName?: string; ca?: string; port?: number } = {}): AgentClient {
  const { serverName = 'a.shop.internal', port = server.port } = changes;
  const made = new AgentClient({ slot: a, address: '127.0.0.1', serverName, ca: changes.ca ?? ca }, port);
  clients.push(made);
  return made;
}

describe("an agent's page", () => {
  it('is read from an address, with the certificate of a name', async () => {
    expect(await client().status(5_000)).toEqual(status);
  });

  it('is not believed under another name', async () => {
    await expect(client({ serverName: 'b.shop.internal' }).status(5_000)).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });

  it("is not believed with a certificate of another cluster's CA", async () => {
    const others = new ClusterStores();
    await tlsNode(others, `${directory.path}/other`).tls.ensure({ mayCreate: true });
    const other = client({ ca: others.ca?.certificate ?? '' });
    await expect(other.status(5_000)).rejects.toMatchObject({ code: expect.stringMatching(/CERT|VERIFY|SIGNATURE/) });
  });

  it('is not believed when it tells of another slot', async () => {
    status = statusOf('b', 'standby');
    await expect(client().status(5_000)).rejects.toThrow('127.0.0.1 answers for slot b, not for a.');
  });

  it('is told with what is wrong when it is malformed', async () => {
    status = { ...status, role: 'boss' as 'primary' };
    await expect(client().status(5_000)).rejects.toThrow(/^The page of slot a is malformed: role: /);
  });

  it('is asked again over a new connection when the agent was restarted meanwhile', async () => {
    const kept = client();
    await kept.status(5_000);
    const { port } = server;
    await server.close();
    await startAgent(port);
    expect(await kept.status(5_000)).toEqual(status);
  });

  it('gets the hint to look', async () => {
    await client().look(5_000);
    await eventually('the hint has arrived', () => looks === 1);
  });

  it('is given up when nobody answers, and leaves no connection behind', async () => {
    const frozen = new FrozenPort();
    const waiting = client({ port: await frozen.listen() });
    await expect(waiting.status(300)).rejects.toThrow(/abort|timeout/i);
    await eventually('the connection is gone', () => frozen.sockets.size === 0);
    await frozen.close();
  });

  it('is refused at once where nobody listens', async () => {
    const closed = new FrozenPort();
    const port = await closed.listen();
    await closed.close();
    await expect(client({ port }).status(5_000)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
