import { generateKeyPair } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { succeed } from './command';

/** PEM texts that belong together. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateTools {
  /** For the keys while they are used: in memory, readable by root only. */
  readonly scratch: string;
  /** agent/files/openssl.cnf. */
  readonly configuration: string;
}

export type LeafRequest =
  | {
      readonly kind: 'server';
      readonly commonName: string;
      readonly dnsNames: readonly string[];
      readonly address: string;
    }
  | { readonly kind: 'client'; readonly commonName: string };

const DAY_MS = 24 * 3600_000;
const AUTHORITY_DAYS = 3653;
export const LEAF_DAYS = 365;
/** Clocks of nodes and clients differ; a certificate is valid from a while before it was made. */
const BACKDATED_DAYS = 1;
const TIMEOUT_MS = 30_000;
/** X.509's limit for a common name. */
const MOST_NAME_CHARACTERS = 64;

/** A new certificate authority, P-256. */
export async function makeAuthority(tools: CertificateTools, cluster: string, now: Date): Promise<KeyPair> {
  const key = await newKey();
  return inScratch(tools, async (work) => {
    const certificate = await sign(tools, work, {
      key,
      name: `Holdfast ${cluster}`.slice(0, MOST_NAME_CHARACTERS),
      section: 'authority_certificate',
      days: AUTHORITY_DAYS,
      now,
      issuer: 'self',
    });
    return { certificate, key };
  });
}

/** A certificate with a new key, signed by the authority. */
export async function issue(
  tools: CertificateTools,
  authority: KeyPair,
  request: LeafRequest,
  now: Date,
): Promise<KeyPair> {
  const key = await newKey();
  return inScratch(tools, async (work) => {
    const certificate = await sign(tools, work, {
      key,
      name: request.commonName,
      section: `${request.kind}_certificate`,
      alternativeNames: request.kind === 'server' ? alternativeNames(request.dnsNames, request.address) : '',
      days: LEAF_DAYS,
      now,
      issuer: authority,
    });
    return { certificate, key };
  });
}

interface Signing {
  readonly key: string;
  readonly name: string;
  /** Of openssl.cnf. */
  readonly section: string;
  readonly alternativeNames?: string;
  readonly days: number;
  readonly now: Date;
  readonly issuer: KeyPair | 'self';
}

async function sign(tools: CertificateTools, work: string, signing: Signing): Promise<string> {
  const file = (name: string): string => join(work, name);
  await writeFile(file('key.pem'), signing.key, { mode: 0o600 });
  await writeFile(file('index.txt'), '');
  const isSelfSigned = signing.issuer === 'self';
  if (signing.issuer !== 'self') {
    await writeFile(file('ca.key'), signing.issuer.key, { mode: 0o600 });
    await writeFile(file('ca.pem'), signing.issuer.certificate);
  }
  const options = {
    timeoutMs: TIMEOUT_MS,
    environment: {
      HOLDFAST_TLS_WORK: work,
      HOLDFAST_TLS_NAME: signing.name,
      // OpenSSL reads every section: an absent variable is an error even where it is not used.
      HOLDFAST_TLS_ALTERNATIVE_NAMES: signing.alternativeNames || 'DNS:unused.invalid',
    },
  };
  const common = ['-config', tools.configuration];
  await succeed('openssl', ['req', ...common, '-new', '-key', file('key.pem'), '-out', file('request.pem')], options);
  await succeed(
    'openssl',
    [
      ...['ca', ...common, '-batch', '-notext', '-extensions', signing.section],
      ...['-startdate', asn1Time(signing.now, -BACKDATED_DAYS), '-enddate', asn1Time(signing.now, signing.days)],
      ...(isSelfSigned
        ? ['-selfsign', '-keyfile', file('key.pem')]
        : ['-cert', file('ca.pem'), '-keyfile', file('ca.key')]),
      ...['-in', file('request.pem'), '-out', file('certificate.pem')],
    ],
    options,
  );
  return readFile(file('certificate.pem'), 'utf8');
}

async function newKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('ec', {
    namedCurve: 'prime256v1',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return privateKey;
}

async function inScratch<T>(tools: CertificateTools, work: (directory: string) => Promise<T>): Promise<T> {
  await mkdir(tools.scratch, { recursive: true, mode: 0o700 });
  const directory = await mkdtemp(join(tools.scratch, 'tls-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function alternativeNames(dnsNames: readonly string[], address: string): string {
  return [...dnsNames.map((name) => `DNS:${name}`), `IP:${address}`].join(',');
}

/** YYYYMMDDHHMMSSZ. */
function asn1Time(now: Date, daysLater: number): string {
  const time = new Date(now.getTime() + daysLater * DAY_MS);
  return `${time.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
}
