import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gatewayNames } from '../ports';
import { run } from './command';
import type { Layout } from './layout';

export interface LabTls {
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc'];

/** A CA for this run and the gateway's certificate. The CA's key is gone afterwards: nothing else can ever be signed by it. */
export async function makeTls(lab: Layout, region: string): Promise<LabTls> {
  await mkdir(lab.tls, { recursive: true, mode: 0o700 });
  const path = (name: string) => join(lab.tls, name);
  const [caFile, caKey, certificateFile, keyFile] = [
    path('ca.pem'),
    path('ca.key'),
    path('gateway.pem'),
    path('gateway.key'),
  ];
  const days = ['-days', '30'];
  await run('openssl', [
    'req',
    '-x509',
    ...KEY,
    '-keyout',
    caKey,
    '-out',
    caFile,
    ...days,
    '-subj',
    '/CN=Holdfast lab CA',
  ]);
  await run('openssl', [
    ...['req', '-x509', ...KEY, '-keyout', keyFile, '-out', certificateFile, ...days, '-subj', '/CN=amazonaws.com'],
    ...['-CA', caFile, '-CAkey', caKey],
    ...[
      '-addext',
      `subjectAltName=${gatewayNames(region)
        .map((name) => `DNS:${name}`)
        .join(',')}`,
    ],
    ...['-addext', 'basicConstraints=critical,CA:FALSE', '-addext', 'extendedKeyUsage=serverAuth'],
  ]);
  await rm(caKey);
  return { caFile, certificateFile, keyFile };
}

/** Fills the layer that all machines of the run have over their image: Debian's trust store with the lab's CA in it. */
export async function makeTrustLayer(lab: Layout, image: string, caFile: string): Promise<void> {
  const certificate = await readFile(caFile, 'utf8');
  const store = join(lab.runLayer, 'etc/ssl/certs');
  const own = join(lab.runLayer, 'usr/local/share/ca-certificates');
  await mkdir(store, { recursive: true });
  await mkdir(own, { recursive: true });
  await writeFile(join(own, 'holdfast-lab.crt'), certificate);
  const bundle = await readFile(join(image, 'etc/ssl/certs/ca-certificates.crt'), 'utf8');
  await writeFile(join(store, 'ca-certificates.crt'), bundle + certificate);
  // OpenSSL looks single certificates up by the hash of their subject.
  const hash = (await run('openssl', ['x509', '-subject_hash', '-noout', '-in', caFile])).trim();
  await symlink('/usr/local/share/ca-certificates/holdfast-lab.crt', join(store, `${hash}.0`));
}
