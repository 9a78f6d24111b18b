import { request as httpRequest, Agent, type IncomingMessage } from 'node:http';
import type { Call, Reply } from '../gateway/call';

/** moto's `Date` makes the JavaScript SDK throw "Invalid time value"; the others belong to one connection, not to the answer. */
const DROPPED = new Set(['date', 'connection', 'transfer-encoding', 'keep-alive', 'server', 'content-length']);

/** Hands calls to moto as they came. */
export class MotoProxy {
  private readonly agent = new Agent({ keepAlive: true });
  private writes: Promise<unknown> = Promise.resolve();

  constructor(private readonly url: string) {}

  /** `path` replaces the call's own, for S3's virtual-hosted form. */
  async forward(call: Call, path = call.path): Promise<Reply> {
    const query = call.query.size === 0 ? '' : `?${call.query.toString()}`;
    const headers = { ...call.headers, host: new URL(this.url).host, 'content-length': String(call.body.length) };
    delete (headers as Record<string, string>)['transfer-encoding'];
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = httpRequest(`${this.url}${path}${query}`, { method: call.method, headers, agent: this.agent });
      outgoing.once('response', resolve).once('error', reject).end(call.body);
    });
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    const kept = Object.entries(response.headers).flatMap(([name, value]) =>
      value === undefined || (DROPPED.has(name) && !(name === 'content-length' && call.method === 'HEAD'))
        ? []
        : [[name, [value].flat().join(',')]],
    );
    return {
      status: response.statusCode ?? 500,
      headers: Object.fromEntries(kept) as Record<string, string>,
      body: Buffer.concat(chunks),
    };
  }

  /**
   * The same, one at a time: moto checks a condition and writes in two steps, on many threads. DynamoDB does it in one.
   */
  forwardWrite(call: Call): Promise<Reply> {
    const result = this.writes.then(() => this.forward(call));
    this.writes = result.catch(() => undefined);
    return result;
  }

  close(): void {
    this.agent.destroy();
  }
}
