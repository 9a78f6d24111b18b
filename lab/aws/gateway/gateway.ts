import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from '../account';
import type { CredentialStore } from '../iam/credentials';
import type { Principal } from '../iam/principal';
import type { RoleStore } from '../iam/roles';
import { authenticate } from './authenticate';
import { AwsError, NotEmulatedError } from './aws-error';
import type { PreparedCall, Reply, Service } from './call';
import { destinationOf } from './destination';
import { dialectOf, type Dialect } from './dialect';
import type { FaultBoard, FaultEffect } from './fault';
import { parseAuthorization, type Authorization } from './signature';

/** Services whose one endpoint serves the world, signed for us-east-1. */
const GLOBAL_SERVICES = new Set(['route53', 'iam']);
const MAX_BODY_BYTES = 64 * 1024 * 1024;

export interface GatewayOptions {
  readonly account: Account;
  readonly services: readonly Service[];
  readonly credentials: CredentialStore;
  readonly roles: RoleStore;
  readonly faults: FaultBoard;
  readonly log: (line: string) => void;
  /** Is there a way (NAT, gateway endpoint, …) from this address to the service? Without one a call is never answered. */
  readonly isReachable: (sourceAddress: string, service: string) => boolean;
}

/**
 * Everything that stands at `*.amazonaws.com`. A call passes, in this order: the network's way to the service, the
 * service's injected fault, its signature, IAM, the service itself.
 */
export function createGateway(options: GatewayOptions): RequestListener {
  const services = new Map(options.services.map((service) => [service.name, service]));
  return (request, response) => {
    new GatewayCall(options, services, request, response).run().catch((error: unknown) => {
      options.log(`gateway: ${String(error)}`);
      request.socket.destroy();
    });
  };
}

class GatewayCall {
  private readonly requestId = randomUUID();

  constructor(
    private readonly options: GatewayOptions,
    private readonly services: ReadonlyMap<string, Service>,
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
  ) {}

  async run(): Promise<void> {
    const body = await readBody(this.request);
    const authorization = parseAuthorization(this.request.headers.authorization);
    const destination = destinationOf(this.request.headers.host);
    const service = destination?.service ?? authorization?.service ?? 'unknown';
    const dialect = dialectOf(service);
    if (!this.options.isReachable(this.sourceAddress, service)) {
      this.options.log(`no route from ${this.sourceAddress} to ${service}: the call is never answered`);
      return;
    }
    const effect = this.options.faults.effectOn(service);
    if (effect.kind === 'silent') return;
    if (effect.kind === 'delay') await sleep(effect.delayMs);
    const reply = await this.answer(service, dialect, authorization, effect, body);
    if (effect.kind === 'reply-lost') {
      this.request.socket.destroy();
      return;
    }
    // The answer to HEAD states the length of a body that it does not have.
    const length = reply.headers['content-length'] ?? String(Buffer.byteLength(reply.body));
    const headers = { 'x-amzn-requestid': this.requestId, ...reply.headers, 'content-length': length };
    this.response.writeHead(reply.status, headers).end(reply.body);
  }

  private async answer(
    serviceName: string,
    dialect: Dialect,
    authorization: Authorization | undefined,
    effect: FaultEffect,
    body: Buffer,
  ): Promise<Reply> {
    try {
      if (effect.kind === 'error') throw new AwsError(effect.code, 'Injected by the lab.', effect.status);
      if (effect.kind === 'throttled') throw new AwsError(dialect.throttled[0], 'Rate exceeded', dialect.throttled[1]);
      if (authorization === undefined) {
        throw new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
      }
      const url = new URL(this.request.url ?? '/', 'http://gateway');
      const headers = flatten(this.request);
      const method = this.request.method ?? 'GET';
      const [path = '/'] = (this.request.url ?? '/').split('?');
      const signed = { method, path, query: url.search.slice(1), headers, body };
      requireScope(this.options.account, serviceName, authorization, dialect);
      const principal = authenticate(signed, authorization, this.options.credentials, dialect, Date.now());
      const service = this.services.get(serviceName);
      if (service === undefined) throw new NotEmulatedError(`the service ${serviceName}`);
      const { requestId, sourceAddress } = this;
      const prepared = service.prepare({
        ...{ requestId, service: serviceName, method, path, query: url.searchParams },
        ...{ headers, body, sourceAddress, principal },
      });
      this.requirePermission(prepared, principal, dialect);
      return await prepared.run();
    } catch (error) {
      if (error instanceof NotEmulatedError) this.options.log(`${this.sourceAddress}: ${error.message}`);
      if (error instanceof AwsError) return dialect.write(error, this.requestId);
      this.options.log(`${serviceName}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      return dialect.write(new AwsError('InternalFailure', 'The lab itself failed; see its log.', 500), this.requestId);
    }
  }

  private requirePermission(call: PreparedCall, principal: Principal, dialect: Dialect): void {
    for (const demand of call.demands) {
      const decision = this.options.roles.decide(principal, demand);
      if (decision.kind === 'allowed') continue;
      this.options.log(
        `DENIED ${demand.action} on ${demand.resource} to ${principal.arn} ${decision.reason}; context ${JSON.stringify(demand.context)}`,
      );
      const [code, status] = dialect.accessDenied;
      throw new AwsError(
        code,
        `User: ${principal.arn} is not authorized to perform: ${demand.action} on resource: ${demand.resource} ${decision.reason}`,
        status,
      );
    }
  }

  private get sourceAddress(): string {
    return (this.request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  }
}

function requireScope(account: Account, service: string, authorization: Authorization, dialect: Dialect): void {
  const region = GLOBAL_SERVICES.has(service) ? 'us-east-1' : account.region;
  if (authorization.service === service && authorization.region === region) return;
  const [code, status] = dialect.badSignature;
  throw new AwsError(
    code,
    `Credential should be scoped to ${region}/${service}, not ${authorization.region}/${authorization.service}.`,
    status,
  );
}

function flatten(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(',') : value]],
    ),
  );
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new Error(`a request body is longer than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
