import { EventEmitter } from 'node:events';
import type { Actor } from '../kernel/actor';
import { currentKernel } from '../kernel/current';

/*
 * node:https, as far as agents and health checker ask for each other's pages. The CA that a client trusts names the
 * process that asks.
 */

export type Answer = { readonly page: string } | 'refused';

export interface Web {
  caller(authority: string): Actor;
  hostOf(address: string): string | undefined;
  /** How long a message takes between two hosts, milliseconds; undefined when it is lost. */
  travelMs(from: string, to: string): number | undefined;
  /** What the host's agent says: a page, nobody when no process listens, undefined when nothing comes. */
  answer(host: string, method: string, path: string): Answer | undefined;
}

let web: Web | undefined;

export function setWeb(next: Web): void {
  web = next;
}

export class Agent {
  readonly authority: string;
  readonly open = new Set<Request>();

  constructor(options: { readonly ca?: unknown }) {
    this.authority = String(options.ca);
  }

  destroy(): void {
    for (const each of [...this.open]) each.destroy(new Error('socket hang up'));
  }
}

interface Options {
  readonly agent: Agent;
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly signal?: globalThis.AbortSignal;
}

class Response extends EventEmitter {
  private isText = false;

  constructor(
    readonly statusCode: number,
    private readonly body: string,
  ) {
    super();
  }

  setEncoding(): void {
    this.isText = true;
  }

  tell(): void {
    this.emit('data', this.isText ? this.body : Buffer.from(this.body));
    this.emit('end');
  }
}

class Request extends EventEmitter {
  readonly reusedSocket = false;
  private isOver = false;

  constructor(
    private readonly options: Options,
    private readonly onResponse: (response: Response) => void,
  ) {
    super();
    options.agent.open.add(this);
    options.signal?.addEventListener('abort', () => this.destroy(new Error('aborted')));
  }

  destroy(error?: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.options.agent.open.delete(this);
    currentKernel().stir();
    if (error !== undefined) this.emit('error', error);
    this.emit('close');
  }

  /** The question travels, the other process answers when it gets there, and the answer travels back. */
  end(): void {
    const network = web;
    if (network === undefined) throw new Error('There is no network.');
    const { agent, host: address, method, path } = this.options;
    const actor = network.caller(agent.authority);
    const there = network.hostOf(address);
    const outMs = there === undefined ? undefined : network.travelMs(actor.host, there);
    if (there === undefined || outMs === undefined) return;
    currentKernel().schedule(outMs, () => {
      const answer = this.isOver ? undefined : network.answer(there, method, path);
      const backMs = network.travelMs(there, actor.host);
      if (answer === undefined || backMs === undefined) return;
      currentKernel()
        .operate(actor, 'hear a page', () => undefined, { beforeMs: backMs, afterMs: 0 })
        .then(
          () => this.respond(answer),
          // Nobody is left to hear it.
          () => this.destroy(),
        );
    });
  }

  private respond(answer: Answer): void {
    if (this.isOver) return;
    if (answer === 'refused') return this.destroy(new Error('connect ECONNREFUSED'));
    const response = new Response(200, answer.page);
    this.onResponse(response);
    response.tell();
    this.destroy();
  }
}

export function request(options: Options, onResponse: (response: Response) => void): Request {
  return new Request(options, onResponse);
}
