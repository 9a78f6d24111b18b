import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createSocket, type Socket } from 'node:dgram';
import { decode, encode } from 'dns-packet';
import { OwnName, resolveAddresses } from '../../agent/dns-name';

/** A name server on the loopback interface. */
let server: Socket;
let names: Map<string, string[]>;
const published: string[] = [];

beforeEach(async () => {
  names = new Map();
  published.length = 0;
  server = createSocket('udp4', (message, sender) => {
    const query = decode(message);
    const name = query.questions?.[0]?.name ?? '';
    const found = names.get(name);
    const answers = (found ?? []).map((data) => ({ type: 'A' as const, name, data, ttl: 1 }));
    const flags = found === undefined ? 3 : 0;
    server.send(
      encode({ type: 'response', id: query.id ?? 0, flags, questions: query.questions ?? [], answers }),
      sender.port,
      sender.address,
    );
  });
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
});

afterEach(() => {
  server.close();
});

const resolve = (name: string) => resolveAddresses(name, [`127.0.0.1:${server.address().port}`]);

function ownName(resolving = resolve): OwnName {
  const upsertAddress = (name: string, address: string, ttlSeconds: number): Promise<void> => {
    published.push(`${name} ${ttlSeconds} A ${address}`);
    return Promise.resolve();
  };
  return new OwnName('a.shop.internal', '10.0.1.7', { upsertAddress }, resolving);
}

describe("a node's own name", () => {
  test('that is right already costs no call', async () => {
    names.set('a.shop.internal', ['10.0.1.7']);
    expect(await ownName().ensure()).toBe('right');
    expect(published).toEqual([]);
  });

  test.each([
    ['the placeholder of the template', ['192.0.2.1']],
    ['the address of the instance before', ['10.0.1.6']],
    ['two addresses', ['10.0.1.7', '10.0.1.6']],
    ['no address', []],
  ])('that answers %s is published', async (_, addresses) => {
    names.set('a.shop.internal', addresses);
    expect(await ownName().ensure()).toBe('published');
    expect(published).toEqual(['a.shop.internal 1 A 10.0.1.7']);
  });

  test('that does not exist is published, and so it is when no name server answers', async () => {
    expect(await resolve('a.shop.internal')).toEqual([]);
    await ownName().ensure();
    await ownName(() => Promise.reject(new Error('ETIMEOUT'))).ensure();
    expect(published).toHaveLength(2);
  });
});
