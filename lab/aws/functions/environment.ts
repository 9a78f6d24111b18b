import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Credentials } from '../iam/credentials';
import type { FunctionSpec, InvocationResult } from './function';
import type { InvokeMessage, RuntimeMessage } from './protocol';

export interface EnvironmentOptions {
  readonly spec: FunctionSpec;
  readonly region: string;
  readonly namespace: string;
  readonly nodePath: string;
  readonly runtimeFile: string;
  readonly credentials: Required<Credentials>;
  /** The lab's CA, which AWS's own services need no mention of. */
  readonly caFile: string;
  /** Command that runs the rest of its arguments inside a network namespace. */
  readonly enter: (namespace: string) => readonly string[];
  readonly onLine: (line: string) => void;
}

const MEMORY_CHECK_MS = 1000;

/**
 * One execution environment: a process that carries out one invocation at a time and is frozen between them, timers and
 * connections included, as on AWS.
 *
 * starting ── ready ──► frozen ── invoke ──► running ── returned ──► frozen; a time-out, too much memory or a crash ends it
 */
export class ExecutionEnvironment {
  private readonly child: ChildProcess;
  private readonly ready: Promise<RuntimeMessage>;
  private readonly exited: Promise<string>;
  private hasEnded = false;
  private killReason: string | undefined;

  constructor(private readonly options: EnvironmentOptions) {
    const { spec } = options;
    const [command = '', ...args] = [
      ...options.enter(options.namespace),
      options.nodePath,
      // The rest of the memory is Node's own and the buffers'.
      `--max-old-space-size=${Math.floor(spec.memoryMiB * 0.9)}`,
      options.runtimeFile,
    ];
    this.child = spawn(command, args, {
      cwd: spec.taskRoot,
      env: environmentVariables(options),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', options.onLine);
    }
    this.exited = new Promise((resolve) => {
      this.child.once('error', (error) => resolve(error.message));
      this.child.once('exit', (code, signal) => resolve(this.killReason ?? `exit status ${code ?? signal ?? ''}`));
    });
    void this.exited.then(() => (this.hasEnded = true));
    this.ready = this.nextMessage();
    // An invocation that waits for it sees the rejection; before that it is nobody's.
    this.ready.catch(() => undefined);
  }

  get isUsable(): boolean {
    return !this.hasEnded && this.killReason === undefined;
  }

  async invoke(event: unknown): Promise<InvocationResult> {
    const { spec, onLine } = this.options;
    const requestId = randomUUID();
    this.child.kill('SIGCONT');
    const watch = setInterval(() => void this.checkMemory(), MEMORY_CHECK_MS);
    let timer: NodeJS.Timeout | undefined;
    try {
      const first = await this.ready;
      if (first.kind === 'init-failed') {
        onLine(`Init failed: ${first.errorType}: ${first.message}\n${first.stack}`);
        this.kill(`Runtime.${first.errorType}`);
        return { kind: 'failed', errorType: first.errorType, message: first.message };
      }
      onLine(`START RequestId: ${requestId} Version: $LATEST`);
      const startedAtMs = Date.now();
      const deadlineMs = startedAtMs + spec.timeoutSeconds * 1000;
      timer = setTimeout(() => {
        onLine(`${requestId} Task timed out after ${spec.timeoutSeconds.toFixed(2)} seconds`);
        this.kill(`Task timed out after ${spec.timeoutSeconds.toFixed(2)} seconds`);
      }, deadlineMs - startedAtMs);
      const message: InvokeMessage = { kind: 'invoke', requestId, event, deadlineMs, functionArn: spec.arn };
      const reply = this.nextMessage();
      this.child.send(message);
      const result = await reply;
      onLine(`END RequestId: ${requestId}`);
      onLine(
        `REPORT RequestId: ${requestId}\tDuration: ${Date.now() - startedAtMs} ms\tMemory Size: ${spec.memoryMiB} MB`,
      );
      return result.kind === 'returned'
        ? { kind: 'returned', payload: result.payload }
        : {
            kind: 'failed',
            errorType: 'errorType' in result ? result.errorType : 'Runtime',
            message: describe(result),
          };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      onLine(`RequestId: ${requestId} Error: Runtime exited with error: ${message}`);
      return { kind: 'failed', errorType: 'Runtime.ExitError', message };
    } finally {
      clearTimeout(timer);
      clearInterval(watch);
      if (this.isUsable) this.child.kill('SIGSTOP');
    }
  }

  /** Ends the process at once and waits for it. */
  async close(): Promise<void> {
    this.kill('closed');
    await this.exited;
  }

  private kill(reason: string): void {
    if (this.hasEnded) return;
    this.killReason ??= reason;
    this.child.kill('SIGKILL');
  }

  private async nextMessage(): Promise<RuntimeMessage> {
    const listening = new AbortController();
    const received = once(this.child, 'message', { signal: listening.signal }) as Promise<[RuntimeMessage]>;
    received.catch(() => undefined);
    try {
      const first = await Promise.race([received, this.exited]);
      if (typeof first === 'string') throw new Error(first);
      return first[0];
    } finally {
      listening.abort();
    }
  }

  private async checkMemory(): Promise<void> {
    const { pid } = this.child;
    if (pid === undefined || this.hasEnded) return;
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const residentKiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
    if (residentKiB / 1024 > this.options.spec.memoryMiB) this.kill('signal: killed (Runtime.OutOfMemory)');
  }
}

function describe(message: RuntimeMessage): string {
  return 'message' in message ? message.message : message.kind;
}

/** Source: "Using Lambda environment variables", the ones that the runtime defines. */
function environmentVariables({ spec, credentials, caFile, region }: EnvironmentOptions): Record<string, string> {
  return {
    PATH: '/var/lang/bin:/usr/local/bin:/usr/bin:/bin',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    ...spec.environment,
    _HANDLER: spec.handler,
    LAMBDA_TASK_ROOT: spec.taskRoot,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: spec.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMiB),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: spec.logGroupName,
    AWS_LAMBDA_LOG_STREAM_NAME: `lab/[$LATEST]${credentials.accessKeyId}`,
    AWS_LAMBDA_LOG_FORMAT: spec.log.format,
    ...(spec.log.level === undefined ? {} : { AWS_LAMBDA_LOG_LEVEL: spec.log.level }),
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    NODE_EXTRA_CA_CERTS: caFile,
  };
}
