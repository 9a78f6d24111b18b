import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

export interface RegisterTimeouts {
  /** Until a connection stands, TLS included. */
  readonly connectMs: number;
  /** One attempt. The SDK makes up to three, all with the same nonce, so a repeated write is recognized. */
  readonly attemptMs: number;
  /** The whole call, all attempts included. */
  readonly callMs: number;
}

/** A strong read takes single milliseconds inside a region. Who waits longer is better served by looking again. */
export const DEFAULT_TIMEOUTS: RegisterTimeouts = { connectMs: 1000, attemptMs: 1000, callMs: 2500 };

export function documentClient(config: DynamoDBClientConfig, timeouts: RegisterTimeouts): DynamoDBDocumentClient {
  const client = new DynamoDBClient({
    maxAttempts: 3,
    // The regional name only: an account's own name would be one more thing to resolve, certify and route.
    accountIdEndpointMode: 'disabled',
    ...config,
    requestHandler: {
      connectionTimeout: timeouts.connectMs,
      requestTimeout: timeouts.attemptMs,
      // Without this the SDK only logs a warning and goes on waiting.
      throwOnRequestTimeout: true,
      httpsAgent: { keepAlive: true, maxSockets: 16 },
    },
  });
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}
