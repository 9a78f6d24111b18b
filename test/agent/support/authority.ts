import { randomUUID } from 'node:crypto';
import type { SystemUser } from '../../../agent/command';
import { layoutOf, type Layout } from '../../../agent/layout';
import type { ParameterApi } from '../../../agent/settings';
import { type CaStore, NodeTls, type SecretApi } from '../../../agent/tls';
import type { CaItem } from '../../../register';
import { join } from 'node:path';
import { recordedLog } from './lines';

export const FILES = join(__dirname, '../../../agent/files');
export const DNS_NAMES = ['a.shop.internal', 'writer.shop.internal', 'reader.shop.internal'] as const;

/** Register, secret and parameter of one cluster, in memory, each with the rule that matters: the first item stays, versions are kept. */
export class ClusterStores implements CaStore, SecretApi, ParameterApi {
  ca: CaItem | undefined;
  parameter = 'pending';
  isRegisterSilent = false;
  readonly secrets = new Map<string, string>();

  readCa(): Promise<CaItem | undefined> {
    return this.isRegisterSilent ? Promise.reject(new Error('The register is silent.')) : Promise.resolve(this.ca);
  }

  createCa(ca: CaItem): Promise<CaItem> {
    this.ca ??= ca;
    return Promise.resolve(this.ca);
  }

  get(name: string, versionId?: string): Promise<string> {
    if (name === 'CaCertificate') return Promise.resolve(this.parameter);
    const value = this.secrets.get(versionId ?? '');
    return value === undefined ? Promise.reject(new Error('There is no such version.')) : Promise.resolve(value);
  }

  put(name: string, value: string): Promise<string> & Promise<void> {
    const versionId = randomUUID();
    if (name === 'CaCertificate') this.parameter = value;
    else this.secrets.set(versionId, value);
    return Promise.resolve(versionId) as Promise<string> & Promise<void>;
  }
}

export interface TlsNode {
  readonly layout: Layout;
  readonly tls: NodeTls;
}

/** A node that keeps its certificates below `directory`. Its keys' group is the test's own. */
export function tlsNode(
  stores: ClusterStores,
  directory: string,
  change: { readonly now?: Date; readonly address?: string; readonly dnsNames?: readonly [string, ...string[]] } = {},
): TlsNode {
  const layout = layoutOf({ tls: join(directory, 'tls'), scratch: join(directory, 'scratch'), files: FILES });
  const self: SystemUser = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const tls = new NodeTls({
    cluster: 'shop',
    layout,
    dnsNames: change.dnsNames ?? DNS_NAMES,
    address: change.address ?? '10.0.1.7',
    postgres: self,
    store: stores,
    secrets: stores,
    caSecretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:ca',
    parameters: stores,
    caCertificateParameter: 'CaCertificate',
    log: recordedLog().log,
    now: () => change.now ?? new Date(),
  });
  return { layout, tls };
}
