import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';

/** SDK clients that make the stack's tables, secrets, parameters and buckets in moto, past gateway and IAM, as CloudFormation's own service does. */
export interface MotoClients {
  readonly dynamodb: DynamoDBClient;
  readonly s3: S3Client;
  readonly secrets: SecretsManagerClient;
  readonly ssm: SSMClient;
  close(): void;
}

export function motoClients(endpoint: string, region: string): MotoClients {
  const shared = { endpoint, region, credentials: { accessKeyId: 'cloudformation', secretAccessKey: 'lab' } };
  const clients = {
    dynamodb: new DynamoDBClient(shared),
    s3: new S3Client({ ...shared, forcePathStyle: true }),
    secrets: new SecretsManagerClient(shared),
    ssm: new SSMClient(shared),
  };
  for (const client of Object.values(clients)) dropDateHeader(client);
  return {
    ...clients,
    close: () => {
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}

interface HasMiddleware {
  readonly middlewareStack: Pick<DynamoDBClient['middlewareStack'], 'add'>;
}

/** moto's `Date` is none, and the SDK reads the server's clock from it. */
function dropDateHeader(client: DynamoDBClient | S3Client | SecretsManagerClient | SSMClient): void {
  (client as HasMiddleware).middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { headers?: Record<string, string> };
      delete headers?.['date'];
      return result;
    },
    { step: 'deserialize', name: 'dropMotoDate', priority: 'low' },
  );
}
