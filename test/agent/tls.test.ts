import { describe, expect, jest, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from '../../agent/layout';
import { ClusterStores, DNS_NAMES, tlsNode } from './support/authority';
import { temporaryDirectory } from './support/directory';

/** Programs are started here: on a busy machine that takes a while. */
jest.setTimeout(120_000);

const directory = temporaryDirectory();
const DAY_MS = 24 * 3600_000;

async function certificate(path: string): Promise<X509Certificate> {
  return new X509Certificate(await readFile(path, 'utf8'));
}

async function server(layout: Layout): Promise<X509Certificate> {
  return certificate(layout.tls.server.certificate);
}

describe("the cluster's authority", () => {
  test('is made by the node that makes the cluster, and by no other', async () => {
    const stores = new ClusterStores();
    const { tls } = tlsNode(stores, directory.path);
    expect(await tls.ensure({ mayCreate: false })).toEqual({ kind: 'waiting' });
    expect(stores.secrets.size).toBe(0);
    expect(await tls.ensure({ mayCreate: true })).toEqual({ kind: 'ready', renewed: true });
    const ca = new X509Certificate(stores.ca?.certificate ?? '');
    expect({ isCa: ca.ca, subject: ca.subject }).toEqual({ isCa: true, subject: 'CN=Holdfast shop' });
  });

  test('of two nodes that make one at once, both use the one in the register', async () => {
    const stores = new ClusterStores();
    const nodes = ['a', 'b'].map((name) => tlsNode(stores, join(directory.path, name)));
    await Promise.all(nodes.map(({ tls }) => tls.ensure({ mayCreate: true })));
    const ca = new X509Certificate(stores.ca?.certificate ?? '');
    for (const { layout } of nodes) expect((await server(layout)).verify(ca.publicKey)).toBe(true);
  });

  test('whose key is not the secret version that the register names is an error, not a new authority', async () => {
    const stores = new ClusterStores();
    await tlsNode(stores, join(directory.path, 'a')).tls.ensure({ mayCreate: true });
    stores.secrets.set(stores.ca?.secretVersionId ?? '', 'the generated placeholder');
    const late = tlsNode(stores, join(directory.path, 'b')).tls.ensure({ mayCreate: true });
    await expect(late).rejects.toThrow("is not the key of the register's authority");
  });

  test('is shown to users, again when somebody else overwrote it', async () => {
    const stores = new ClusterStores();
    const { tls } = tlsNode(stores, directory.path);
    await expect(tls.publish()).rejects.toThrow('no authority');
    await tls.ensure({ mayCreate: true });
    await tls.publish();
    expect(stores.parameter).toBe(stores.ca?.certificate);
    stores.parameter = 'pending';
    await tls.publish();
    expect(stores.parameter).toBe(stores.ca?.certificate);
  });
});

describe("a node's certificates", () => {
  test('name the node, the endpoints and its address, and are for nothing else', async () => {
    const stores = new ClusterStores();
    const { layout, tls } = tlsNode(stores, directory.path);
    await tls.ensure({ mayCreate: true });
    const own = await server(layout);
    for (const name of DNS_NAMES) expect(own.checkHost(name)).toBe(name);
    expect(own.checkHost('b.shop.internal')).toBeUndefined();
    expect(own.checkIP('10.0.1.7')).toBe('10.0.1.7');
    expect({ isCa: own.ca, usage: own.keyUsage }).toEqual({ isCa: false, usage: ['1.3.6.1.5.5.7.3.1'] });
    const replication = await certificate(layout.tls.replication.certificate);
    expect(replication.subject).toBe('CN=holdfast_replication');
    expect(replication.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  });

  test('are valid from before they were made, for clocks that are behind', async () => {
    const { layout, tls } = tlsNode(new ClusterStores(), directory.path, { now: new Date('2026-11-21T10:00:00Z') });
    await tls.ensure({ mayCreate: true });
    expect((await server(layout)).validFrom).toBe('Nov 20 10:00:00 2026 GMT');
    expect((await certificate(layout.tls.authority)).validFrom).toBe('Nov 20 10:00:00 2026 GMT');
  });

  test('keep their keys from everybody but root and PostgreSQL, and leave none behind', async () => {
    const { layout, tls } = tlsNode(new ClusterStores(), directory.path);
    await tls.ensure({ mayCreate: true });
    for (const { key } of [layout.tls.server, layout.tls.replication])
      expect((await stat(key)).mode & 0o777).toBe(0o640);
    expect(await readdir(layout.scratch)).toEqual([]);
  });

  test('that are good stay, and need neither register nor secret', async () => {
    const stores = new ClusterStores();
    const { tls } = tlsNode(stores, directory.path);
    await tls.ensure({ mayCreate: true });
    stores.secrets.clear();
    expect(await tls.ensure({ mayCreate: false })).toEqual({ kind: 'ready', renewed: false });
    stores.isRegisterSilent = true;
    expect(await tls.ensure({ mayCreate: false })).toEqual({ kind: 'ready', renewed: false });
  });

  test('that are missing while the register is silent are an error', async () => {
    const stores = new ClusterStores();
    stores.isRegisterSilent = true;
    await expect(tlsNode(stores, directory.path).tls.ensure({ mayCreate: true })).rejects.toThrow('silent');
  });

  const hurt: [string, (layout: Layout) => Promise<void>][] = [
    ['whose key is cut off', (layout) => writeFile(layout.tls.server.key, '-----BEGIN')],
    ['whose certificate is cut off', (layout) => writeFile(layout.tls.server.certificate, '-----BEGIN')],
    ['whose certificate for streaming is missing', (layout) => rm(layout.tls.replication.certificate)],
    ['whose authority is unreadable', (layout) => writeFile(layout.tls.authority, 'nothing')],
  ];
  test.each(hurt)('%s are made anew', async (_, damage) => {
    const { layout, tls } = tlsNode(new ClusterStores(), directory.path);
    await tls.ensure({ mayCreate: true });
    await damage(layout);
    expect(await tls.ensure({ mayCreate: false })).toEqual({ kind: 'ready', renewed: true });
    expect((await server(layout)).verify((await certificate(layout.tls.authority)).publicKey)).toBe(true);
    expect(await tls.ensure({ mayCreate: false })).toEqual({ kind: 'ready', renewed: false });
  });

  test.each([
    ['in the second half of their life', { now: new Date(Date.now() + 190 * DAY_MS) }, true],
    ['in the first half of their life', { now: new Date(Date.now() + 170 * DAY_MS) }, false],
    ['from the future, after the clock went back', { now: new Date(Date.now() - 30 * DAY_MS) }, true],
    ['of another address', { address: '10.0.1.8' }, true],
    ['without one of the names', { dnsNames: ['a.other.internal'] as [string] }, true],
  ])('%s: renewed or not', async (_, change, renewed) => {
    const stores = new ClusterStores();
    await tlsNode(stores, directory.path).tls.ensure({ mayCreate: true });
    const later = tlsNode(stores, directory.path, change);
    expect(await later.tls.ensure({ mayCreate: false })).toEqual({ kind: 'ready', renewed });
    expect(await later.tls.ensure({ mayCreate: false })).toEqual({ kind: 'ready', renewed: false });
  });

  test('of another authority are replaced', async () => {
    const { layout, tls } = tlsNode(new ClusterStores(), directory.path);
    await tls.ensure({ mayCreate: true });
    const stores = new ClusterStores();
    await tlsNode(stores, join(directory.path, 'other')).tls.ensure({ mayCreate: true });
    expect(await tlsNode(stores, directory.path).tls.ensure({ mayCreate: false })).toMatchObject({ renewed: true });
    expect(await readFile(layout.tls.authority, 'utf8')).toBe(stores.ca?.certificate);
  });
});
