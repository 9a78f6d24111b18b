import { z } from 'zod';
import { AwsError } from '../gateway/aws-error';
import type { Call } from '../gateway/call';

/** A call of the AWS JSON protocol: its operation from `X-Amz-Target`, its body parsed. */
export interface JsonCall {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

const inputSchema = z.record(z.string(), z.unknown());

export function parseJsonCall(call: Call): JsonCall {
  const operation = (call.headers['x-amz-target'] ?? '').split('.').at(-1) ?? '';
  if (operation === '') throw new AwsError('UnknownOperationException', 'X-Amz-Target is missing');
  try {
    const text = call.body.toString('utf8');
    return { operation, input: inputSchema.parse(JSON.parse(text === '' ? '{}' : text)) };
  } catch {
    throw new AwsError('SerializationException', 'The body is not a JSON object');
  }
}
