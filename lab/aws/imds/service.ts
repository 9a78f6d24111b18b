import { randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Instance } from '../ec2/instance';
import type { InstanceStore } from '../ec2/instances';
import type { FaultBoard } from '../gateway/fault';
import { lookUp, metadataTree, type MetadataSources } from './tree';

/** What fault injection calls the metadata service. */
export const IMDS_FAULT_NAME = 'imds';
const TOKEN_HEADER = 'x-aws-ec2-metadata-token';
const TTL_HEADER = 'x-aws-ec2-metadata-token-ttl-seconds';
const MAX_TTL_SECONDS = 21_600;
const VERSION = /^(latest|\d{4}-\d{2}-\d{2}|1\.0)$/;

interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The instance metadata service (IMDSv2) at 169.254.169.254. Spec: "Use the Instance Metadata Service" in the EC2 user
 * guide. Who asks is known by the source address. A token belongs to its instance and ends with its time to live; where
 * the launch template requires tokens, a request without one is answered with 401. Anyone who is no instance gets no answer.
 */
export class MetadataService {
  private readonly tokens = new Map<string, { readonly instanceId: string; readonly expiresAtMs: number }>();

  constructor(
    private readonly instances: InstanceStore,
    private readonly sources: MetadataSources,
    private readonly faults: FaultBoard,
    private readonly now: () => number = Date.now,
  ) {}

  readonly listener: RequestListener = (request, response) => {
    void this.serve(request, response);
  };

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const address = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const instance = this.instances.byAddress(address);
    const effect = this.faults.effectOn(IMDS_FAULT_NAME);
    if (instance === undefined) {
      request.socket.destroy();
      return;
    }
    if (effect.kind === 'silent') return;
    if (effect.kind === 'delay') await sleep(effect.delayMs);
    const answer: Answer =
      effect.kind === 'error' || effect.kind === 'throttled'
        ? { status: effect.kind === 'error' ? effect.status : 503 }
        : this.answer(request, instance);
    if (effect.kind === 'reply-lost') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'text/plain', server: 'EC2ws', ...answer.headers });
    response.end(answer.body);
  }

  private answer(request: IncomingMessage, instance: Instance): Answer {
    const [path = '/'] = (request.url ?? '/').split('?');
    const parts = path.split('/').filter((part) => part !== '');
    if (request.method === 'PUT') return this.putToken(request, instance, parts);
    if (request.method !== 'GET') return { status: 405 };
    const token = request.headers[TOKEN_HEADER];
    if (token === undefined ? instance.spec.metadata.tokensRequired : !this.isValid(String(token), instance)) {
      return { status: 401 };
    }
    const [version, ...rest] = parts;
    if (version === undefined) return { status: 200, body: 'latest' };
    if (!VERSION.test(version)) return { status: 404 };
    const body = lookUp(metadataTree(instance, this.sources), rest.map(decodeURIComponent));
    return body === undefined ? { status: 404 } : { status: 200, body };
  }

  private putToken(request: IncomingMessage, instance: Instance, parts: readonly string[]): Answer {
    if (parts.join('/') !== 'latest/api/token') return { status: 405 };
    // A proxy that forwards requests must not hand out tokens.
    if (request.headers['x-forwarded-for'] !== undefined) return { status: 403 };
    const ttlSeconds = Number(request.headers[TTL_HEADER]);
    if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > MAX_TTL_SECONDS) return { status: 400 };
    const token = randomBytes(40).toString('base64url');
    this.tokens.set(token, { instanceId: instance.instanceId, expiresAtMs: this.now() + ttlSeconds * 1000 });
    this.forgetExpired();
    return { status: 200, body: token, headers: { [TTL_HEADER]: String(ttlSeconds) } };
  }

  private isValid(token: string, instance: Instance): boolean {
    const known = this.tokens.get(token);
    return known !== undefined && known.instanceId === instance.instanceId && known.expiresAtMs > this.now();
  }

  private forgetExpired(): void {
    for (const [token, { expiresAtMs }] of this.tokens) {
      if (expiresAtMs <= this.now()) this.tokens.delete(token);
    }
  }
}
