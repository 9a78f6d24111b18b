import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { succeed } from '../../agent/command';
import { Door } from '../../agent/door';
import { layoutOf } from '../../agent/layout';
import { FILES } from './support/authority';
import { eventually } from './support/eventually';

/** Runs in a network namespace of its own, which is the node; a second one behind a veth pair is the rest of the world. */
jest.setTimeout(180_000);

const WORLD = 'world';
const NODE_ADDRESS = '10.9.0.1';
const door = new Door({ files: FILES });
let postgres: Server;
const sessions = new Set<Socket>();
const clients: Client[] = [];

const ip = (...args: string[]) => succeed('ip', args, { timeoutMs: 10_000 });

beforeAll(async () => {
  await ip('netns', 'add', WORLD);
  await ip('link', 'add', 'node0', 'type', 'veth', 'peer', 'name', 'world0', 'netns', WORLD);
  await ip('addr', 'add', `${NODE_ADDRESS}/24`, 'dev', 'node0');
  await ip('link', 'set', 'node0', 'up');
  await ip('-n', WORLD, 'addr', 'add', '10.9.0.2/24', 'dev', 'world0');
  await ip('-n', WORLD, 'link', 'set', 'world0', 'up');
  // What listens on PostgreSQL's port, on all addresses. It sends back what it gets.
  postgres = createServer((socket) => {
    sessions.add(socket);
    socket.on('close', () => sessions.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => postgres.listen(5432, resolve));
});

afterAll(async () => {
  postgres.close();
  for (const session of sessions) session.destroy();
  await ip('netns', 'delete', WORLD);
});

beforeEach(async () => {
  await succeed('nft', ['flush', 'ruleset'], { timeoutMs: 10_000 });
});

afterEach(() => {
  for (const client of clients.splice(0)) client.end();
});

/** A TCP client: somewhere else, or on the node itself. */
class Client {
  private readonly process: ChildProcessWithoutNullStreams;
  private said = '';

  constructor(port: number, place: 'world' | 'node' = 'world', address = NODE_ADDRESS) {
    const client = [
      process.execPath,
      '--import',
      'tsx',
      join(__dirname, 'support/tcp-client.ts'),
      address,
      String(port),
    ];
    const [command = '', ...args] = place === 'node' ? client : ['ip', 'netns', 'exec', WORLD, ...client];
    this.process = spawn(command, args);
    this.process.stdout.on('data', (text: Buffer) => (this.said += text.toString()));
    clients.push(this);
  }

  send(text: string): this {
    this.process.stdin.write(`${text}\n`);
    return this;
  }

  async says(line: string): Promise<this> {
    await eventually(`the client says "${line}", not "${this.said}"`, () => {
      const lines = this.said.split('\n');
      if (lines.includes(line)) return true;
      const error = lines.find((each) => each.startsWith('error'));
      if (error !== undefined) throw new Error(`The client says "${error}" instead of "${line}".`);
      return false;
    });
    return this;
  }

  end(): void {
    this.process.kill('SIGKILL');
  }
}

describe('the door', () => {
  test('closed: clients get a reset at once, peers come in', async () => {
    await door.close();
    expect(await door.state()).toBe('closed');
    await new Client(5432).says('error ECONNREFUSED');
    await new Client(5433).says('connected');
  });

  test('open: clients and peers come in', async () => {
    await door.open();
    expect(await door.isOpen()).toBe(true);
    await new Client(5432).says('connected');
    await new Client(5433).says('connected');
  });

  test('kept open: it is opened again by whoever left it open', async () => {
    await door.keepOpen();
    expect(await door.isOpen()).toBe(true);
    await new Door({ files: FILES }).close();
    await door.keepOpen();
    expect(await door.isOpen()).toBe(true);
  });

  test('closing it cuts clients that are connected, and no peer', async () => {
    await door.open();
    const client = await new Client(5432).send('hello').says('echo hello');
    const peer = await new Client(5433).send('hello').says('echo hello');
    await door.close();
    await client.send('are you there').says('error ECONNRESET');
    await peer.send('still there').says('echo still there');
  });

  test('opening it cuts nobody, nor does closing what is closed', async () => {
    await door.close();
    const peer = await new Client(5433).send('one').says('echo one');
    await door.close();
    await door.open();
    await door.open();
    const client = await new Client(5432).send('one').says('echo one');
    await door.open();
    await peer.send('two').says('echo two');
    await client.send('two').says('echo two');
  });

  test('closed: the node itself still comes in, by every address', async () => {
    await door.close();
    for (const address of ['127.0.0.1', NODE_ADDRESS]) {
      await new Client(5432, 'node', address).says('connected');
    }
  });

  test('closed: a client whose flow connection tracking has forgotten is cut as well', async () => {
    await door.open();
    const client = await new Client(5432).send('hello').says('echo hello');
    await door.close();
    // Without its table there is no tracking; the flow is picked up anew in the middle.
    await succeed('nft', ['flush', 'ruleset'], { timeoutMs: 10_000 });
    await door.close();
    await client.send('are you there').says('error ECONNRESET');
  });

  test('that somebody took away is missing, and comes back as it is wanted', async () => {
    expect(await door.state()).toBe('missing');
    await new Client(5432).says('connected');
    await door.close();
    await new Client(5432).says('error ECONNREFUSED');
  });

  test('whose rule somebody took away is missing', async () => {
    await door.close();
    await succeed('nft', ['flush', 'chain', 'inet', 'holdfast', 'input'], { timeoutMs: 10_000 });
    expect(await door.state()).toBe('missing');
    expect(await door.isOpen()).toBe(false);
  });

  test('changes nothing in tables that are not its own', async () => {
    await succeed('nft', ['add', 'table', 'inet', 'somebody'], { timeoutMs: 10_000 });
    await door.open();
    await door.close();
    expect((await succeed('nft', ['list', 'tables'], { timeoutMs: 10_000 })).stdout).toContain('table inet somebody');
  });
});

describe('at boot', () => {
  const atBoot = async () => {
    const { files } = layoutOf();
    await mkdir(files, { recursive: true });
    await cp(FILES, files, { recursive: true });
    await succeed(join(files, 'door-at-boot.sh'), [], { timeoutMs: 10_000 });
  };

  test('it is closed', async () => {
    await atBoot();
    expect(await door.state()).toBe('closed');
  });

  test('an agent that restarts leaves it open, with the clients that are in', async () => {
    await door.open();
    const client = await new Client(5432).send('hello').says('echo hello');
    await atBoot();
    expect(await door.state()).toBe('open');
    await client.send('still there').says('echo still there');
  });
});
