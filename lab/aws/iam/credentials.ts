import { randomBytes } from 'node:crypto';
import { newSuffix } from '../ids';
import type { Principal } from './principal';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Temporary ones only. */
  readonly sessionToken?: string;
  /** Milliseconds since 1970. */
  readonly expiresAtMs?: number;
}

/** Every access key that the lab gave out, and whose it is. */
export class CredentialStore {
  private readonly issued = new Map<string, { readonly credentials: Credentials; readonly principal: Principal }>();

  constructor(private readonly now: () => number = Date.now) {}

  /** Keys without an end, as an IAM user has. */
  permanent(principal: Principal): Credentials {
    return this.remember(principal, { accessKeyId: `AKIA${newSuffix(16)}`, secretAccessKey: newSecret(30) });
  }

  temporary(principal: Principal, lifetimeMs: number): Required<Credentials> {
    return this.remember(principal, {
      accessKeyId: `ASIA${newSuffix(16)}`,
      secretAccessKey: newSecret(30),
      sessionToken: newSecret(180),
      expiresAtMs: this.now() + lifetimeMs,
    });
  }

  find(accessKeyId: string): { readonly credentials: Credentials; readonly principal: Principal } | undefined {
    return this.issued.get(accessKeyId);
  }

  private remember<C extends Credentials>(principal: Principal, credentials: C): C {
    this.issued.set(credentials.accessKeyId, { credentials, principal });
    return credentials;
  }
}

function newSecret(bytes: number): string {
  return randomBytes(bytes).toString('base64');
}
