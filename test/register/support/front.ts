import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to a call on its way. */
export type Fate = 'answered' | 'reply lost' | 'never arrives' | 'held back';

interface Held {
  readonly arrive: () => void;
  readonly arrived: Promise<void>;
}

/**
 * A door in front of moto that loses replies and holds calls back. It lets calls through one at a time: moto checks a
 * condition and writes in two steps, which DynamoDB does in one.
 */
export class Front {
  /** Decides over each call by its operation (`PutItem` …). */
  fate: (operation: string) => Fate = () => 'answered';
  private readonly held: Held[] = [];
  private turn: Promise<unknown> = Promise.resolve();
  private readonly server = createServer((request, response) => {
    this.handle(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  constructor(private readonly motoUrl: string) {}

  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Lets what was held back arrive after all, though nobody waits for the answers any more. Returns how many. */
  async release(): Promise<number> {
    const released = this.held.splice(0);
    for (const call of released) call.arrive();
    await Promise.all(released.map((call) => call.arrived));
    return released.length;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { authorization = '', 'x-amz-target': target = '', 'content-type': type = '' } = request.headers;
    const fate = this.fate(String(target).split('.').at(-1) ?? '');
    if (fate === 'never arrives') return;
    const forward = async () => {
      const headers = { authorization, 'x-amz-target': String(target), 'content-type': type };
      const reply = await fetch(this.motoUrl, { method: 'POST', headers, body: Buffer.concat(chunks) });
      return { status: reply.status, body: await reply.text() };
    };
    if (fate === 'held back') return this.hold(forward);
    const reply = await this.inTurn(forward);
    if (fate === 'reply lost') response.destroy();
    else response.writeHead(reply.status, { 'content-type': 'application/x-amz-json-1.0' }).end(reply.body);
  }

  private hold(forward: () => Promise<unknown>): void {
    let arrive: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (arrive = resolve));
    const arrived = released.then(() => this.inTurn(forward)).then(() => undefined);
    this.held.push({ arrive, arrived });
  }

  private inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }
}
