import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import type { CredentialsSource } from '../node-probes';
import type { Login } from '../postgres-session';

const secret = z.object({ username: z.string().min(1), password: z.string().min(1) });

/** After a refused login or a failed read the secret is asked for again, but not more often than this. */
const AGAIN_AFTER_MS = 5_000;

/** The monitor role's password, read when it is first needed and again when a server refuses it. */
export class MonitorCredentials implements CredentialsSource {
  private readonly client = new SecretsManagerClient({
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
  });
  private current: Promise<Login> | undefined;
  private readAtMs = -Infinity;

  constructor(
    private readonly secretArn: string,
    private readonly monotonicMs: () => number,
  ) {}

  get(): Promise<Login> {
    if (this.current === undefined) {
      this.readAtMs = this.monotonicMs();
      this.current = this.read();
      this.current.catch(() => this.forget());
    }
    return this.current;
  }

  forget(): void {
    if (this.monotonicMs() - this.readAtMs >= AGAIN_AFTER_MS) this.current = undefined;
  }

  close(): void {
    this.client.destroy();
  }

  private async read(): Promise<Login> {
    const { SecretString } = await this.client.send(new GetSecretValueCommand({ SecretId: this.secretArn }));
    const parsed = secret.safeParse(JSON.parse(SecretString ?? 'null'));
    // Neither the text nor what the parser says of it: both hold the password.
    if (!parsed.success) throw new Error(`The secret ${this.secretArn} is not {"username", "password"}.`);
    return { user: parsed.data.username, password: parsed.data.password };
  }
}
