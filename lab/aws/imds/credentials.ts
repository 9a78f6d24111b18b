import type { Account } from '../account';
import type { Instance } from '../ec2/instance';
import type { CredentialStore, Credentials } from '../iam/credentials';
import { roleSession } from '../iam/principal';

const LIFETIME_MS = 6 * 3600_000;
/** New keys are offered well before the old ones end. */
const RENEW_BEFORE_MS = 3600_000;

/** The temporary keys of each instance's role. */
export class InstanceCredentials {
  private readonly current = new Map<string, Required<Credentials>>();

  constructor(
    private readonly account: Account,
    private readonly store: CredentialStore,
    private readonly now: () => number = Date.now,
  ) {}

  /** The JSON of `iam/security-credentials/<role>`. */
  document(instance: Instance): string {
    const { roleName } = instance.spec;
    if (roleName === undefined) throw new Error(`${instance.instanceId} has no role`);
    let keys = this.current.get(instance.instanceId);
    if (keys === undefined || keys.expiresAtMs - this.now() < RENEW_BEFORE_MS) {
      keys = this.store.temporary(roleSession(this.account, roleName, instance.instanceId), LIFETIME_MS);
      this.current.set(instance.instanceId, keys);
    }
    return JSON.stringify(
      {
        Code: 'Success',
        LastUpdated: isoSeconds(keys.expiresAtMs - LIFETIME_MS),
        Type: 'AWS-HMAC',
        AccessKeyId: keys.accessKeyId,
        SecretAccessKey: keys.secretAccessKey,
        Token: keys.sessionToken,
        Expiration: isoSeconds(keys.expiresAtMs),
      },
      undefined,
      2,
    );
  }
}

function isoSeconds(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');
}
