import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { succeed, type SystemUser } from '../../../../agent/command';
import type { Layout } from '../../../../agent/layout';
import { ROLE } from '../../../../core/names';
import { chmod, chown, copyFile, writeFile } from 'node:fs/promises';

/** A throw-away CA with the certificates that a node has. */
export class Authority {
  private constructor(private readonly directory: string) {}

  static async create(directory: string): Promise<Authority> {
    await mkdir(directory, { recursive: true });
    const authority = new Authority(directory);
    await openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', authority.path('ca.key'));
    await openssl(
      ...['req', '-x509', '-new', '-key', authority.path('ca.key'), '-subj', '/CN=test CA', '-days', '2'],
      ...['-out', authority.path('ca.pem')],
    );
    return authority;
  }

  /** Server certificate for `host` and `address`, client certificate of the replication role. */
  async equip(layout: Layout, host: string, address: string, user: SystemUser): Promise<void> {
    const { tls } = layout;
    await mkdir(tls.directory, { recursive: true, mode: 0o750 });
    await chown(tls.directory, 0, user.gid);
    await copyFile(this.path('ca.pem'), tls.authority);
    const names = `subjectAltName=DNS:${host},IP:${address}`;
    await this.issue(tls.server, `/CN=${host}`, names, user);
    await this.issue(tls.replication, `/CN=${ROLE.replication}`, 'extendedKeyUsage=clientAuth', user);
  }

  private async issue(
    pair: { readonly certificate: string; readonly key: string },
    subject: string,
    extension: string,
    user: SystemUser,
  ): Promise<void> {
    const request = `${pair.key}.csr`;
    const extensions = `${pair.key}.ext`;
    await writeFile(extensions, `${extension}\n`);
    await openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', pair.key);
    await openssl('req', '-new', '-key', pair.key, '-subj', subject, '-out', request);
    await openssl(
      ...['x509', '-req', '-in', request, '-CA', this.path('ca.pem'), '-CAkey', this.path('ca.key')],
      ...['-CAcreateserial', '-days', '2', '-extfile', extensions, '-out', pair.certificate],
    );
    await chown(pair.key, 0, user.gid);
    await chmod(pair.key, 0o640);
  }

  private path(name: string): string {
    return join(this.directory, name);
  }
}

async function openssl(...args: string[]): Promise<void> {
  await succeed('openssl', args, { timeoutMs: 30_000 });
}
