import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { MotoClients } from '../aws/moto/clients';
import { ADDRESS } from '../host/addresses';
import type { LabHost } from '../host/host';
import { mountOverlay } from '../host/overlay';
import type { ClientReport } from './api';
import { slotHost, type Cluster } from './cluster';

const NAME = 'client';
/** Where the application machine keeps the cluster's CA; what its PGSSLROOTCERT says. */
const CA_FILE = '/etc/holdfast-lab/cluster-ca.pem';

const credentials = z.object({ username: z.string(), password: z.string() });

/**
 * The application machine: not booted, but a Debian 13 tree and an address in the VPC with the security groups that
 * let an application connect. Commands run in it one by one (lab/files/enter-client.sh).
 */
export class ClientMachine {
  private constructor(
    private readonly cluster: Cluster,
    private readonly aws: MotoClients,
    private readonly root: string,
    private readonly namespace: string,
    private readonly controlGroups: readonly string[],
  ) {}

  static async create(host: LabHost, cluster: Cluster, aws: MotoClients, address: string): Promise<ClientMachine> {
    const root = await mountOverlay(join(host.layout.places, NAME), host.layers);
    // Asks the VPC's resolver itself: an application must see what the zone says, not what a cache beside it says.
    await rm(join(root, 'etc/resolv.conf'));
    await writeFile(join(root, 'etc/resolv.conf'), `nameserver ${ADDRESS.resolver}\n`);
    const namespace = await host.network.addPlace(NAME, { address, securityGroupIds: cluster.clientSecurityGroupIds });
    return new ClientMachine(cluster, aws, root, namespace, await host.cgroups.create(NAME));
  }

  /** Everything a command in it needs, the password included: it goes into an environment, never on a command line. */
  async report(caCertificate: string): Promise<ClientReport> {
    const { cluster } = this;
    await mkdir(join(this.root, 'etc/holdfast-lab'), { recursive: true });
    await writeFile(join(this.root, CA_FILE), caCertificate);
    const secret = await this.aws.secrets.send(new GetSecretValueCommand({ SecretId: cluster.masterSecretArn }));
    const { username, password } = credentials.parse(JSON.parse(secret.SecretString ?? ''));
    const slots = Object.fromEntries(cluster.slots.map((slot) => [slot, slotHost(cluster, slot)]));
    return {
      root: this.root,
      namespace: this.namespace,
      controlGroups: this.controlGroups,
      slots,
      env: {
        PGHOST: Object.values(slots).join(','),
        PGPORT: String(cluster.port),
        PGUSER: username,
        PGPASSWORD: password,
        PGDATABASE: cluster.database,
        PGSSLMODE: 'verify-full',
        PGSSLROOTCERT: CA_FILE,
        PGTARGETSESSIONATTRS: 'read-write',
        PGCONNECT_TIMEOUT: '2',
        HOLDFAST_WRITER: cluster.writer,
        HOLDFAST_READER: cluster.reader,
      },
    };
  }
}
