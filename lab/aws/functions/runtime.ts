/**
 * Runs inside an execution environment, in place of AWS's Node.js runtime: loads the handler, patches the console as AWS
 * does, and carries out one invocation after the other. Bundled by {@link ./environment} before its first use; it
 * imports nothing but Node and the message types.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import type { InvokeMessage, RuntimeMessage } from './protocol';

type Handler = (event: unknown, context: object) => unknown;

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const asJson = process.env['AWS_LAMBDA_LOG_FORMAT'] === 'JSON';
const lowestLevel = Math.max(0, LEVELS.indexOf(process.env['AWS_LAMBDA_LOG_LEVEL'] ?? 'TRACE'));
let requestId: string | undefined;

function writeLine(level: string, values: readonly unknown[]): void {
  if (LEVELS.indexOf(level) < lowestLevel) return;
  const timestamp = new Date().toISOString();
  if (asJson) {
    const [first] = values;
    const message = values.length === 1 && typeof first === 'object' ? first : format(...values);
    process.stdout.write(`${JSON.stringify({ timestamp, level, requestId, message })}\n`);
  } else {
    const text = format(...values).replaceAll('\n', '\r');
    process.stdout.write(`${timestamp}\t${requestId ?? 'undefined'}\t${level}\t${text}\n`);
  }
}

function patchConsole(): void {
  const methods = { trace: 'TRACE', debug: 'DEBUG', log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR' } as const;
  for (const [method, level] of Object.entries(methods)) {
    console[method as keyof typeof methods] = (...values: unknown[]) => writeLine(level, values);
  }
}

function send(message: RuntimeMessage): void {
  process.send?.(message);
}

function describe(error: unknown) {
  return error instanceof Error
    ? { errorType: error.name, message: error.message, stack: error.stack ?? '' }
    : { errorType: typeof error, message: String(error), stack: '' };
}

async function loadHandler(): Promise<Handler> {
  const taskRoot = process.env['LAMBDA_TASK_ROOT'] ?? '.';
  const [moduleName = '', ...exportPath] = (process.env['_HANDLER'] ?? '').split('.');
  const base = join(taskRoot, moduleName);
  let found: unknown;
  try {
    found = createRequire(join(taskRoot, 'runtime.js'))(base);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    found = await import(pathToFileURL(`${base}.mjs`).href);
  }
  for (const name of exportPath) found = (found as Record<string, unknown>)[name];
  if (typeof found !== 'function') throw new Error(`${process.env['_HANDLER'] ?? ''} is undefined or not exported`);
  return found as Handler;
}

function contextOf(message: InvokeMessage) {
  return {
    functionName: process.env['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: '$LATEST',
    invokedFunctionArn: message.functionArn,
    memoryLimitInMB: process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    awsRequestId: message.requestId,
    logGroupName: process.env['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: process.env['AWS_LAMBDA_LOG_STREAM_NAME'],
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => message.deadlineMs - Date.now(),
  };
}

async function main(): Promise<void> {
  patchConsole();
  // Without the region nobody would ever end this process.
  process.once('disconnect', () => process.exit(0));
  let handler: Handler;
  try {
    handler = await loadHandler();
  } catch (error) {
    send({ kind: 'init-failed', ...describe(error) });
    return;
  }
  process.on('message', (message: InvokeMessage) => {
    requestId = message.requestId;
    void (async () => {
      try {
        const payload = (await handler(message.event, contextOf(message))) ?? null;
        send({ kind: 'returned', requestId: message.requestId, payload });
      } catch (error) {
        writeLine('ERROR', [error]);
        send({ kind: 'failed', requestId: message.requestId, ...describe(error) });
      }
    })();
  });
  send({ kind: 'ready' });
}

void main();
