import { describe, expect, test } from '@jest/globals';
import { chmod, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { issue, makeAuthority } from '../../agent/certificates';
import { run, succeed, systemUser } from '../../agent/command';
import { layoutOf } from '../../agent/layout';
import { NodeTls } from '../../agent/tls';
import { ClusterStores, DNS_NAMES, FILES, tlsNode } from './support/authority';
import { temporaryDirectory } from './support/directory';
import { recordedLog } from './support/lines';

/** With the openssl of the nodes themselves, as root. */
const directory = temporaryDirectory();
const timeoutMs = 30_000;

describe('certificates, as OpenSSL judges them', () => {
  test('the server is who its names and its address say, for servers only', async () => {
    const { layout, tls } = tlsNode(new ClusterStores(), directory.path);
    await tls.ensure({ mayCreate: true });
    const verify = (...args: string[]) =>
      run('openssl', ['verify', '-x509_strict', '-CAfile', layout.tls.authority, ...args], { timeoutMs });
    const server = layout.tls.server.certificate;
    for (const name of DNS_NAMES) {
      expect(await verify('-purpose', 'sslserver', '-verify_hostname', name, server)).toMatchObject({ code: 0 });
    }
    expect(await verify('-purpose', 'sslserver', '-verify_ip', '10.0.1.7', server)).toMatchObject({ code: 0 });
    expect(await verify('-verify_hostname', 'b.shop.internal', server)).toMatchObject({ code: 2 });
    expect(await verify('-verify_ip', '10.0.1.8', server)).toMatchObject({ code: 2 });
    expect(await verify('-purpose', 'sslclient', server)).toMatchObject({ code: 2 });

    const replication = layout.tls.replication.certificate;
    expect(await verify('-purpose', 'sslclient', replication)).toMatchObject({ code: 0 });
    expect(await verify('-purpose', 'sslserver', replication)).toMatchObject({ code: 2 });
  });

  test('what the request asks for beyond that is not granted: a node cannot become an authority', async () => {
    const tools = { scratch: join(directory.path, 'scratch'), configuration: join(FILES, 'openssl.cnf') };
    const authority = await makeAuthority(
      tools,
      'a name that is much longer than the sixty-four characters of X.509',
      new Date(),
    );
    const leaf = await issue(tools, authority, { kind: 'client', commonName: 'holdfast_replication' }, new Date());
    const { stdout } = await succeed('openssl', ['x509', '-noout', '-ext', 'basicConstraints'], {
      timeoutMs,
      stdin: leaf.certificate,
    });
    expect(stdout).toContain('CA:FALSE');
  });
});

describe('keys on a node', () => {
  test('belong to root and are read by PostgreSQL, and by no other', async () => {
    const postgres = await systemUser('postgres');
    const stores = new ClusterStores();
    await chmod(directory.path, 0o755);
    const layout = layoutOf({
      tls: join(directory.path, 'tls'),
      scratch: join(directory.path, 'scratch'),
      files: FILES,
    });
    const tls = new NodeTls({
      cluster: 'shop',
      layout,
      dnsNames: DNS_NAMES,
      address: '10.0.1.7',
      postgres,
      store: stores,
      secrets: stores,
      caSecretArn: 'arn',
      parameters: stores,
      caCertificateParameter: 'CaCertificate',
      log: recordedLog().log,
    });
    await tls.ensure({ mayCreate: true });
    for (const { key } of [layout.tls.server, layout.tls.replication]) {
      const { uid, gid, mode } = await stat(key);
      expect({ uid, gid, mode: mode & 0o777 }).toEqual({ uid: 0, gid: postgres.gid, mode: 0o640 });
      const asPostgres = await succeed('cat', [key], { timeoutMs, user: postgres });
      expect(asPostgres.stdout).toBe(await readFile(key, 'utf8'));
      const nobody = await systemUser('nobody');
      expect(await run('cat', [key], { timeoutMs, user: nobody })).toMatchObject({ code: 1 });
    }
  });
});
