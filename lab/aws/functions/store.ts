import { build } from 'esbuild';
import { join } from 'node:path';
import type { Account } from '../account';
import type { Background } from '../background';
import type { CredentialStore } from '../iam/credentials';
import { globMatches } from '../iam/glob';
import { roleSession } from '../iam/principal';
import { newSuffix } from '../ids';
import type { LogStore } from '../logs/store';
import { ExecutionEnvironment } from './environment';
import { DEFAULT_ASYNC_CONFIG, type AsyncConfig, type FunctionSpec, type InvocationResult } from './function';

/** Lambda's credentials outlive any environment here. */
const CREDENTIAL_LIFETIME_MS = 12 * 3600_000;
/** AWS takes an unused environment away after some minutes. */
const IDLE_LIMIT_MS = 10 * 60_000;
const KEPT_LINES = 20_000;
/** Waits before the first and the second retry of an asynchronous event. */
const RETRY_WAITS_MS = [60_000, 120_000];

export interface FunctionStoreOptions {
  readonly account: Account;
  readonly credentials: CredentialStore;
  readonly background: Background;
  readonly stateDirectory: string;
  readonly caFile: string;
  readonly enter: (namespace: string) => readonly string[];
  readonly log: (line: string) => void;
  /** Where Lambda keeps what functions write. */
  readonly logs: LogStore;
}

/** Who may invoke a function from outside its account's own identities. */
export interface Permission {
  readonly principal: string;
  readonly sourceArn: string | undefined;
}

interface Deployed {
  spec: FunctionSpec;
  readonly nodePath: string;
  readonly lines: string[];
  readonly idle: { readonly environment: ExecutionEnvironment; readonly sinceMs: number }[];
  readonly all: Set<ExecutionEnvironment>;
  readonly permissions: Permission[];
  asyncConfig: AsyncConfig;
  started: number;
}

/**
 * Lambda functions. Each invocation has an execution environment of its own while it runs; an idle one is used again,
 * else a new one is started. There is no upper bound, as there is no reserved concurrency.
 */
export class FunctionStore {
  private readonly functions = new Map<string, Deployed>();
  private runtimeFile: Promise<string> | undefined;
  private isDown = false;

  constructor(private readonly options: FunctionStoreOptions) {}

  create(spec: FunctionSpec, nodePath: string): void {
    this.functions.set(spec.functionName, {
      ...{ spec, nodePath, lines: [], idle: [], all: new Set<ExecutionEnvironment>() },
      ...{ permissions: [], asyncConfig: DEFAULT_ASYNC_CONFIG, started: 0 },
    });
  }

  /** Code or configuration: what runs ends as it was begun, and nothing that is idle is used again. */
  async update(spec: FunctionSpec): Promise<void> {
    const deployed = this.get(spec.functionName);
    deployed.spec = spec;
    for (const { environment } of deployed.idle.splice(0)) {
      deployed.all.delete(environment);
      await environment.close();
    }
  }

  spec(functionName: string): FunctionSpec {
    return this.get(functionName).spec;
  }

  setAsyncConfig(functionName: string, config: AsyncConfig): void {
    this.get(functionName).asyncConfig = config;
  }

  /** Adds to the function's resource policy. */
  permit(functionName: string, permission: Permission): void {
    this.get(functionName).permissions.push(permission);
  }

  permits(functionName: string, principal: string, sourceArn: string): boolean {
    return this.get(functionName).permissions.some(
      (permission) =>
        permission.principal === principal &&
        (permission.sourceArn === undefined || globMatches(permission.sourceArn, sourceArn)),
    );
  }

  byArn(arn: string): FunctionSpec | undefined {
    return [...this.functions.values()].find(({ spec }) => spec.arn === arn)?.spec;
  }

  /** By name, by logical id, or by the beginning of the logical id. */
  logs(name: string): readonly string[] {
    const all = [...this.functions.values()];
    const found =
      all.find(({ spec }) => spec.functionName === name || spec.logicalId === name) ??
      all.find(({ spec }) => spec.logicalId.startsWith(name));
    if (found === undefined) throw new Error(`no function is named ${name}`);
    return found.lines;
  }

  /** As when the service itself fails in a region: what runs dies, and nothing starts until it is over. */
  setOutage(isDown: boolean): void {
    this.isDown = isDown;
    if (!isDown) return;
    for (const deployed of this.functions.values()) {
      deployed.idle.length = 0;
      for (const environment of deployed.all) void environment.close();
      deployed.all.clear();
    }
  }

  /** RequestResponse: waits for the result. */
  async invoke(functionName: string, event: unknown): Promise<InvocationResult> {
    const deployed = this.get(functionName);
    if (this.isDown) return { kind: 'failed', errorType: 'ServiceException', message: 'Lambda is down' };
    const { spec } = deployed;
    const environment = await this.take(deployed);
    const result = await environment.invoke(event);
    if (environment.isUsable && deployed.spec === spec) deployed.idle.push({ environment, sinceMs: Date.now() });
    else {
      deployed.all.delete(environment);
      if (environment.isUsable) await environment.close();
    }
    return result;
  }

  /** Event: answered at once; tried again as configured, never after the event's maximum age. */
  invokeAsync(functionName: string, event: unknown): void {
    const config = this.get(functionName).asyncConfig;
    const acceptedAtMs = Date.now();
    const attempt = async (number: number): Promise<void> => {
      const result = await this.invoke(functionName, event);
      if (result.kind === 'returned' || number >= config.maximumRetryAttempts) return;
      const waitMs = RETRY_WAITS_MS[number] ?? 120_000;
      if (Date.now() + waitMs - acceptedAtMs > config.maximumEventAgeSeconds * 1000) return;
      this.options.background.after(waitMs, `retrying ${functionName}`, () => attempt(number + 1));
    };
    // Not in the background's care: closing must not wait for an invocation that runs for minutes.
    attempt(0).catch((error: unknown) => this.options.log(`${functionName}: ${String(error)}`));
  }

  async close(): Promise<void> {
    const environments = [...this.functions.values()].flatMap(({ all }) => [...all]);
    await Promise.all(environments.map((environment) => environment.close()));
  }

  private async take(deployed: Deployed): Promise<ExecutionEnvironment> {
    const tooOldMs = Date.now() - IDLE_LIMIT_MS;
    for (const { environment } of deployed.idle.filter(({ sinceMs }) => sinceMs < tooOldMs)) {
      deployed.all.delete(environment);
      await environment.close();
    }
    deployed.idle.splice(0, deployed.idle.length, ...deployed.idle.filter(({ sinceMs }) => sinceMs >= tooOldMs));
    return deployed.idle.pop()?.environment ?? (await this.startEnvironment(deployed));
  }

  private async startEnvironment(deployed: Deployed): Promise<ExecutionEnvironment> {
    const { spec, nodePath, lines } = deployed;
    const { account, credentials, caFile, enter } = this.options;
    this.runtimeFile ??= bundleRuntime(this.options.stateDirectory);
    const runtimeFile = await this.runtimeFile;
    const namespace = spec.namespaces[deployed.started % spec.namespaces.length] ?? '';
    deployed.started += 1;
    const stream = `[$LATEST]${newSuffix(32).toLowerCase()}`;
    const environment = new ExecutionEnvironment({
      ...{ spec, namespace, nodePath, runtimeFile, caFile, enter, region: account.region },
      credentials: credentials.temporary(
        roleSession(account, spec.roleName, `${spec.functionName}-${newSuffix(4)}`),
        CREDENTIAL_LIFETIME_MS,
      ),
      onLine: (line) => {
        this.options.logs.append(spec.logGroupName, stream, line);
        lines.push(line);
        lines.splice(0, lines.length - KEPT_LINES);
      },
    });
    deployed.all.add(environment);
    return environment;
  }

  /** By name or ARN. */
  private get(functionName: string): Deployed {
    const deployed = this.functions.get(functionName.split(':function:').at(-1) ?? functionName);
    if (deployed === undefined) throw new Error(`no function is named ${functionName}`);
    return deployed;
  }
}

async function bundleRuntime(stateDirectory: string): Promise<string> {
  const outfile = join(stateDirectory, 'lambda', 'runtime.cjs');
  const entryPoints = [join(__dirname, 'runtime.ts')];
  await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'cjs', target: 'node20' });
  return outfile;
}
