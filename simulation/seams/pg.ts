import { EventEmitter } from 'node:events';
import type { Actor } from '../kernel/actor';
import { currentKernel } from '../kernel/current';
import { Backend } from '../postgres/backend';
import type { Server } from '../postgres/server';
import { execute, type Row } from '../postgres/statements';
import type { Socket } from './net';

/*
 * pg: the client with which agents and health checker talk to PostgreSQL. A Unix socket's directory begins with the name of
 * the process that uses it; over the network the CA that is trusted names it.
 */

export interface Target {
  readonly actor: Actor;
  /** Undefined: nobody listens. `silent`: nothing gets there, or nothing comes back. */
  server(): Server | undefined | 'silent';
  /** There and back. */
  travelMs(): number;
}

let locate: (options: ClientOptions) => Target;

const clients = new Map<Actor, Set<Client>>();

/** A process has ended: the operating system closes its connections. A statement under way goes on for a moment. */
export function closeClientsOf(actor: Actor): void {
  const kernel = currentKernel();
  for (const client of clients.get(actor) ?? []) kernel.schedule(kernel.random.between(0, 30), () => client.abandon());
  clients.delete(actor);
}

export function setTargets(find: typeof locate): void {
  locate = find;
}

export interface ClientOptions {
  readonly host: string;
  readonly user?: string;
  readonly application_name?: string;
  readonly options?: string;
  readonly replication?: string;
  readonly ssl?: { readonly ca?: unknown };
  readonly stream: () => Socket;
  readonly connectionTimeoutMillis?: number;
  readonly query_timeout?: number;
}

export class DatabaseError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

class ConnectionRefused extends Error {
  readonly code = 'ECONNREFUSED';
}

export function escapeIdentifier(name: string): string {
  return `"${name}"`;
}

export class Client extends EventEmitter {
  processID = 0;
  private readonly target: Target;
  private backend: Backend | undefined;
  private isOver = false;
  private readonly waiting = new Set<(error: Error) => void>();

  constructor(private readonly options: ClientOptions) {
    super();
    this.target = locate(options);
    const own = clients.get(this.target.actor) ?? new Set();
    own.add(this);
    clients.set(this.target.actor, own);
  }

  /** What is left of a session whose client's process is gone. */
  abandon(): void {
    if (this.backend?.waitsFor === undefined) this.backend?.end();
  }

  async connect(): Promise<void> {
    this.options.stream().onDestroy = () => this.cut();
    const { connectionTimeoutMillis } = this.options;
    const connecting = this.withinReach((server, done) => {
      if (server.state === 'starting' || server.state === 'stopping') {
        return done(
          undefined,
          new DatabaseError(
            '57P03',
            `the database system is ${server.state === 'starting' ? 'starting up' : 'shutting down'}`,
          ),
        );
      }
      if (server.state === 'ended') return done(undefined, new ConnectionRefused('refused'));
      this.backend = new Backend(server, this.session(), () => this.lost());
      this.processID = this.backend.pid;
      done(undefined);
    }, 'connect to PostgreSQL');
    await this.within(connecting, connectionTimeoutMillis, 'timeout expired');
  }

  async query<R extends Row>(text: string, values: readonly unknown[] = []): Promise<{ readonly rows: readonly R[] }> {
    const { backend } = this;
    if (backend === undefined || this.isOver) throw new Error('Connection terminated unexpectedly');
    const asking = this.withinReach<readonly Row[]>(
      (server, done) => {
        if (!backend.isAlive || backend.server !== server)
          return done(undefined, new Error('Connection terminated unexpectedly'));
        execute(backend, text, values, (rows, error) => {
          backend.waitsFor = undefined;
          done(rows, error === undefined ? undefined : new DatabaseError(error.code, error.message));
        });
      },
      `ask: ${text.slice(0, 60)}`,
    );
    const rows = await this.within(asking, this.options.query_timeout, 'Query read timeout');
    return { rows: rows as readonly R[] };
  }

  end(): Promise<void> {
    this.cut();
    return Promise.resolve();
  }

  /** The connection is closed from here. A backend that waits for its quorum does not notice. */
  private cut(): void {
    if (this.isOver) return;
    this.isOver = true;
    clients.get(this.target.actor)?.delete(this);
    const { backend } = this;
    if (backend !== undefined && backend.waitsFor === undefined) backend.end();
    this.emit('end');
  }

  private session(): Backend['options'] {
    const { user, application_name, replication, options } = this.options;
    return {
      user: user ?? '',
      applicationName: application_name ?? '',
      isReplication: replication !== undefined,
      isSynchronous: options?.includes('synchronous_commit=on') === true,
    };
  }

  /** The server has ended the session, and its message gets here. */
  private lost(): void {
    if (this.isOver) return;
    this.isOver = true;
    const kernel = currentKernel();
    kernel.schedule(this.target.travelMs() / 2, () => {
      if (!this.target.actor.isAlive) return;
      kernel.stir();
      const error = new Error('Connection terminated unexpectedly');
      for (const fail of this.waiting) fail(error);
      this.waiting.clear();
      if (this.listenerCount('error') > 0) this.emit('error', error);
      this.emit('end');
    });
  }

  /** To the server, what it does there in its own time, and back. */
  private withinReach<T>(
    work: (server: Server, done: (value: T | undefined, error?: Error) => void) => void,
    what: string,
  ): Promise<T> {
    const { actor } = this.target;
    const kernel = currentKernel();
    const halfMs = this.target.travelMs() / 2;
    return new Promise<T>((resolve, reject) => {
      this.waiting.add(reject);
      const answer = (value: T | undefined, error?: Error): void => {
        kernel
          .operate(actor, 'hear PostgreSQL', () => undefined, { beforeMs: halfMs, afterMs: 0 })
          .then(
            () => {
              if (!this.waiting.delete(reject)) return;
              if (error === undefined) resolve(value as T);
              else reject(error);
            },
            (ended: unknown) => reject(ended as Error),
          );
      };
      kernel
        .operate(
          actor,
          what,
          () => {
            const server = this.target.server();
            if (server === 'silent') return;
            if (server === undefined) return answer(undefined, new ConnectionRefused('connect ECONNREFUSED'));
            server.after('answer', () => work(server, answer));
          },
          { beforeMs: halfMs, afterMs: 0 },
        )
        .catch((ended: unknown) => reject(ended as Error));
    });
  }

  private within<T>(work: Promise<T>, timeoutMs: number | undefined, message: string): Promise<T> {
    if (timeoutMs === undefined) return work;
    return new Promise<T>((resolve, reject) => {
      const kernel = currentKernel();
      const timer = kernel.schedule(timeoutMs, () => {
        kernel.stir();
        reject(new Error(message));
      });
      work.then(resolve, reject).finally(() => (timer.run = undefined));
    });
  }
}
