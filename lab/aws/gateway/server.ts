import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Host } from '../../ports';

/** AWS keeps idle connections for long; a shorter time would break the SDK's pooled connections in the middle of a call. */
const KEEP_ALIVE_MS = 350_000;

/** Serves HTTPS until closed. Port 0 takes any free one (tests). */
export async function listenTls(
  listener: RequestListener,
  tls: Host['tls'],
  address: string,
  port: number,
): Promise<RunningServer> {
  const [cert, key] = await Promise.all([readFile(tls.certificateFile), readFile(tls.keyFile)]);
  return startServer(createServer({ cert, key }, listener), address, port);
}

export interface RunningServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startServer(server: Server, address: string, port: number): Promise<RunningServer> {
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen(port, address);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
