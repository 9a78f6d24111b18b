import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import { AGENT_PATH, PORT } from '../core/names';
import type { NodeStatus } from '../core/status';
import type { KeyPairLayout } from './layout';

export interface StatusServerOptions {
  /** The server's certificate and key, PEM files. */
  readonly files: KeyPairLayout;
  /** Must not wait for anything: it tells what is known now. */
  readonly status: () => NodeStatus;
  /** A hint that the register has changed. */
  readonly look: () => void;
  readonly port?: number;
  readonly address?: string;
}

/** Nobody who is entitled to ask needs longer, or more connections. */
const REQUEST_TIMEOUT_MS = 2_000;
const IDLE_TIMEOUT_MS = 30_000;
const MOST_CONNECTIONS = 64;

/**
 * The agent's page: `GET /status` says what this node knows of itself, `POST /look` makes it read the register now
 * instead of at its next beat. There is nothing else, and nothing here changes the cluster.
 */
export class StatusServer {
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();

  constructor(private readonly options: StatusServerOptions) {}

  /** Resolves when it listens. @throws Error when the certificate is missing or the port is taken. */
  async start(): Promise<void> {
    const options = { ...(await this.keyPair()), minVersion: 'TLSv1.2', handshakeTimeout: REQUEST_TIMEOUT_MS } as const;
    const server = createServer(options, (request, response) => this.answer(request, response));
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    server.headersTimeout = REQUEST_TIMEOUT_MS;
    server.requestTimeout = REQUEST_TIMEOUT_MS;
    server.keepAliveTimeout = IDLE_TIMEOUT_MS;
    server.maxConnections = MOST_CONNECTIONS;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.options.port ?? PORT.agent, this.options.address, () => {
        server.off('error', reject);
        resolve();
      });
    });
    this.server = server;
  }

  /** The port that it listens on. */
  get port(): number {
    const address = this.server?.address();
    if (address === null || address === undefined || typeof address === 'string')
      throw new Error('It does not listen.');
    return address.port;
  }

  /** Takes up renewed certificates; connections go on. */
  async renew(): Promise<void> {
    this.server?.setSecureContext({ ...(await this.keyPair()), minVersion: 'TLSv1.2' });
  }

  async close(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      // The server itself knows only of those that have finished their handshake.
      for (const socket of this.sockets) socket.destroy();
    });
  }

  private async keyPair(): Promise<{ cert: string; key: string }> {
    const { certificate, key } = this.options.files;
    return { cert: await readFile(certificate, 'utf8'), key: await readFile(key, 'utf8') };
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    switch (`${request.method} ${request.url}`) {
      case `GET ${AGENT_PATH.status}`:
        response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
        response.end(JSON.stringify(this.options.status()));
        return;
      case `POST ${AGENT_PATH.look}`:
        this.options.look();
        response.writeHead(204).end();
        return;
      default:
        response.writeHead(404).end();
    }
  }
}
