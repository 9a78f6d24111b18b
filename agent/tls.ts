import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chown, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROLE } from '../core/names';
import type { CaItem } from '../register';
import { type CertificateTools, issue, type KeyPair, makeAuthority } from './certificates';
import type { SystemUser } from './command';
import { isMissing, writeDurably } from './durable';
import type { KeyPairLayout, Layout } from './layout';
import type { Log } from './log';
import type { ParameterApi } from './settings';

/** Where the cluster's certificate authority is written down: the register. */
export interface CaStore {
  readCa(): Promise<CaItem | undefined>;
  /** Whoever comes first wins; everybody gets the winner's. */
  createCa(ca: CaItem): Promise<CaItem>;
}

/** What the agent needs of the secret store. */
export interface SecretApi {
  /** The current version, or the one named. */
  get(secretArn: string, versionId?: string): Promise<string>;
  /** Adds a version and returns its id. Versions with a label of their own are never removed by the store. */
  put(secretArn: string, value: string, label: string): Promise<string>;
}

export interface NodeTlsOptions {
  readonly cluster: string;
  readonly layout: Layout;
  /** Names that the server certificate carries, the node's own first. */
  readonly dnsNames: readonly [string, ...string[]];
  readonly address: string;
  /** Group that may read the keys. */
  readonly postgres: SystemUser;
  readonly store: CaStore;
  readonly secrets: SecretApi;
  readonly caSecretArn: string;
  readonly parameters: ParameterApi;
  readonly caCertificateParameter: string;
  readonly log: Log;
  readonly now?: () => Date;
}

export type TlsOutcome =
  /** `renewed`: the files have changed; whoever holds them open takes them up anew. */
  | { readonly kind: 'ready'; readonly renewed: boolean }
  /** There is no authority yet and it is not this node's to make one. */
  | { readonly kind: 'waiting' };

/**
 * This node's certificates: one for its server (PostgreSQL and the agent's page) and one to stream, clone and rewind
 * with, both of the cluster's own authority.
 *
 * The authority's certificate is in the register, which alone says which one it is; its key is one version of a secret.
 * A key without its register item is nobody's: two nodes may both make one, and the register's conditional write
 * decides. Certificates on the node that are still good need neither register nor secret.
 */
export class NodeTls {
  private readonly tools: CertificateTools;
  private readonly now: () => Date;

  constructor(private readonly options: NodeTlsOptions) {
    const { layout } = options;
    this.tools = { scratch: layout.scratch, configuration: join(layout.files, 'openssl.cnf') };
    this.now = options.now ?? (() => new Date());
  }

  /** The authority's certificate as it stands on this node, PEM. */
  async authority(): Promise<string | undefined> {
    return readPem(this.options.layout.tls.authority);
  }

  /**
   * Puts the certificates right: makes them if they are missing, for other names, of another authority, or in the
   * second half of their life. Call it at the start and now and then.
   *
   * `mayCreate`: there is no cluster yet and this node makes it.
   */
  async ensure({ mayCreate }: { readonly mayCreate: boolean }): Promise<TlsOutcome> {
    const { store, log } = this.options;
    const reason = await this.reasonToRenew(undefined);
    let ca: CaItem | undefined;
    try {
      ca = await store.readCa();
    } catch (error) {
      if (reason !== undefined) throw error;
      log.warning('tls-register-silent', { error: String(error) });
      return { kind: 'ready', renewed: false };
    }
    if (ca === undefined) {
      if (!mayCreate) return { kind: 'waiting' };
      ca = await this.createAuthority();
    }
    const reasonNow = await this.reasonToRenew(ca.certificate);
    if (reasonNow === undefined) return { kind: 'ready', renewed: false };
    log.info('tls-renewing', { reason: reasonNow });
    await this.renew(ca);
    return { kind: 'ready', renewed: true };
  }

  /** Shows the authority's certificate to the cluster's users, where the template promised it. */
  async publish(): Promise<void> {
    const { parameters, caCertificateParameter } = this.options;
    const certificate = await this.authority();
    if (certificate === undefined) throw new Error('There is no authority to publish yet.');
    if ((await parameters.get(caCertificateParameter)) === certificate) return;
    await parameters.put(caCertificateParameter, certificate);
  }

  private async createAuthority(): Promise<CaItem> {
    const { cluster, secrets, caSecretArn, store, log } = this.options;
    const made = await makeAuthority(this.tools, cluster, this.now());
    const { fingerprint256 } = new X509Certificate(made.certificate);
    const label = `holdfast-${fingerprint256.replaceAll(':', '').slice(0, 16).toLowerCase()}`;
    // The key first: an authority in the register whose key were nowhere could never issue anything.
    const secretVersionId = await secrets.put(caSecretArn, made.key, label);
    const winner = await store.createCa({ certificate: made.certificate, secretVersionId });
    log.info('tls-authority-created', { own: winner.secretVersionId === secretVersionId });
    return winner;
  }

  private async renew(ca: CaItem): Promise<void> {
    const { layout, dnsNames, address, secrets, caSecretArn, postgres } = this.options;
    const authority = { certificate: ca.certificate, key: await secrets.get(caSecretArn, ca.secretVersionId) };
    if (!isKeyOf(authority.key, new X509Certificate(authority.certificate))) {
      throw new Error(`Version ${ca.secretVersionId} of ${caSecretArn} is not the key of the register's authority.`);
    }
    const server = { kind: 'server', commonName: dnsNames[0], dnsNames, address } as const;
    const replication = { kind: 'client', commonName: ROLE.replication } as const;
    await mkdir(layout.tls.directory, { recursive: true, mode: 0o750 });
    await chown(layout.tls.directory, ownUid(), postgres.gid);
    await writeDurably(layout.tls.authority, ca.certificate, { mode: 0o644 });
    await this.write(layout.tls.server, await issue(this.tools, authority, server, this.now()));
    await this.write(layout.tls.replication, await issue(this.tools, authority, replication, this.now()));
  }

  /** A crash in between leaves a key that does not fit, which the next {@link ensure} sees. */
  private async write(files: KeyPairLayout, pair: KeyPair): Promise<void> {
    const owner = { uid: ownUid(), gid: this.options.postgres.gid };
    await writeDurably(files.key, pair.key, { mode: 0o640, owner });
    await writeDurably(files.certificate, pair.certificate, { mode: 0o644 });
  }

  /** Undefined when all is well. `authority`: the register's, when it is known. */
  private async reasonToRenew(authority: string | undefined): Promise<string | undefined> {
    const { layout, dnsNames, address } = this.options;
    const issuer = await readCertificate(layout.tls.authority);
    if (issuer === undefined) return 'no authority';
    if (authority !== undefined && issuer.fingerprint256 !== new X509Certificate(authority).fingerprint256) {
      return 'another authority';
    }
    for (const files of [layout.tls.server, layout.tls.replication]) {
      const certificate = await readCertificate(files.certificate);
      if (certificate === undefined) return 'no certificate';
      if (!isKeyOf(await readPem(files.key), certificate)) return 'no key that fits';
      if (!certificate.verify(issuer.publicKey)) return 'not of this authority';
      if (!isInFirstHalf(certificate, this.now())) return 'in the second half of its life';
    }
    const server = await readCertificate(layout.tls.server.certificate);
    const missing = dnsNames.find((name) => server?.checkHost(name) === undefined);
    if (missing !== undefined) return `not for ${missing}`;
    return server?.checkIP(address) === undefined ? `not for ${address}` : undefined;
  }
}

function isInFirstHalf(certificate: X509Certificate, now: Date): boolean {
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  return now.getTime() >= from && now.getTime() <= (from + to) / 2;
}

/** On a node this is root: PostgreSQL takes a key that belongs to root and that its group may read. */
function ownUid(): number {
  return process.getuid?.() ?? 0;
}

/** False also when it is no key at all: a file that was cut off, or the secret's placeholder. */
function isKeyOf(key: string | undefined, certificate: X509Certificate): boolean {
  try {
    return key !== undefined && certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** Undefined when there is none, or nothing that can be read as one. */
async function readCertificate(path: string): Promise<X509Certificate | undefined> {
  const pem = await readPem(path);
  try {
    return pem === undefined ? undefined : new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

async function readPem(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
