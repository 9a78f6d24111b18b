import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SecretApi } from '../tls';
import { calling, type ClientSettings } from './aws';

/** Secrets Manager. No value of it ever stands in an error or a log. */
export class SecretsManager implements SecretApi {
  private readonly client: SecretsManagerClient;

  constructor(settings: ClientSettings) {
    this.client = new SecretsManagerClient(settings);
  }

  async get(secretArn: string, versionId?: string): Promise<string> {
    const { SecretString } = await calling('GetSecretValue', () =>
      this.client.send(
        new GetSecretValueCommand({
          SecretId: secretArn,
          ...(versionId === undefined ? {} : { VersionId: versionId }),
        }),
      ),
    );
    if (SecretString === undefined) throw new Error(`${secretArn} holds no text.`);
    return SecretString;
  }

  /**
   * The new version becomes the current one. The label of its own keeps it from being removed when others follow:
   * the store drops versions without a label.
   */
  async put(secretArn: string, value: string, label: string): Promise<string> {
    const { VersionId } = await calling('PutSecretValue', () =>
      this.client.send(
        new PutSecretValueCommand({
          SecretId: secretArn,
          SecretString: value,
          VersionStages: ['AWSCURRENT', label],
        }),
      ),
    );
    if (VersionId === undefined) throw new Error(`PutSecretValue on ${secretArn} named no version.`);
    return VersionId;
  }
}
