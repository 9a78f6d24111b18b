import { afterEach, beforeEach } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface MetadataService {
  url: string;
  readonly values: Map<string, string>;
  /** Of every answer to a read. */
  status: number;
  isSilent: boolean;
  expireTokens(): void;
}

/** Instance metadata version 2 over real HTTP: no token, no answer. A new one for each test. */
export function metadataService(): MetadataService {
  let server: Server;
  let tokens = new Set<string>();
  const service: MetadataService = {
    url: '',
    values: new Map(),
    status: 200,
    isSilent: false,
    expireTokens: () => {
      tokens = new Set();
    },
  };
  beforeEach(async () => {
    service.status = 200;
    service.isSilent = false;
    service.values.clear();
    service.values.set('instance-id', 'i-0123456789abcdef0');
    service.values.set('local-ipv4', '10.0.1.7');
    service.values.set('placement/availability-zone', 'eu-west-1a');
    server = createServer((request, response) => {
      if (service.isSilent) return;
      if (request.url === '/latest/api/token') {
        const isProper =
          request.method === 'PUT' && request.headers['x-aws-ec2-metadata-token-ttl-seconds'] !== undefined;
        const token = `token-${tokens.size + 1}-${Math.random()}`;
        if (isProper) tokens.add(token);
        response.writeHead(isProper ? 200 : 400).end(isProper ? token : '');
        return;
      }
      const token = request.headers['x-aws-ec2-metadata-token'];
      const value = service.values.get((request.url ?? '').replace('/latest/meta-data/', ''));
      if (typeof token !== 'string' || !tokens.has(token)) response.writeHead(401).end();
      else if (service.status !== 200) response.writeHead(service.status).end();
      else if (value === undefined) response.writeHead(404).end();
      else response.writeHead(200).end(value);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    service.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return service;
}
