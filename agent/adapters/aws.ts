import { isNativeError } from 'node:util/types';

/** What all of the agent's AWS clients share. Credentials come from instance metadata by the SDK's own default chain. */
export interface ClientSettings {
  readonly region: string;
  readonly maxAttempts: number;
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly throwOnRequestTimeout: boolean;
  };
}

const CONNECT_TIMEOUT_MS = 2_000;
const ATTEMPT_TIMEOUT_MS = 5_000;

/** None of these calls is urgent: the register, which is, has its own client with shorter times. */
export function clientSettings(region: string): ClientSettings {
  return {
    region,
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: ATTEMPT_TIMEOUT_MS,
      // Without this the SDK only warns and goes on waiting.
      throwOnRequestTimeout: true,
    },
  };
}

/** A call to AWS that did not succeed; the SDK's error is its cause. */
export class AwsCallFailed extends Error {
  override readonly name = 'AwsCallFailed';
  /** AWS's name of what went wrong, or the network's. */
  readonly code: string;

  constructor(call: string, cause: unknown) {
    const code = isNativeError(cause) ? cause.name : 'unknown';
    super(`${call}: ${code}: ${isNativeError(cause) ? cause.message : String(cause)}`, { cause });
    this.code = code;
  }
}

/** Runs one call and names it in its error. */
export async function calling<T>(call: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw new AwsCallFailed(call, error);
  }
}
