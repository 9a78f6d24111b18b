import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { ADDRESS } from '../../../lab/host/addresses';

/** As little of the instance metadata service as cloud-init asks for, version 2 only. Instances are told apart by address. */
export class Metadata {
  private readonly userData = new Map<string, { machineId: string; script: string }>();

  private constructor(private readonly server: Server) {}

  static async open(): Promise<Metadata> {
    const server = createServer();
    const metadata = new Metadata(server);
    server.on('request', (request, response) => {
      const instance = metadata.userData.get(request.socket.remoteAddress ?? '');
      const path = (request.url ?? '').replace(/^\/[^/]+\//, '');
      if (request.method === 'PUT') return response.end('token');
      const documents: Record<string, string> = {
        'user-data': instance?.script ?? '',
        'meta-data/': 'instance-id\nlocal-hostname',
        'meta-data/instance-id': instance?.machineId ?? '',
        'meta-data/local-hostname': 'database.internal',
        'dynamic/instance-identity': 'document',
        'dynamic/instance-identity/document': JSON.stringify({ instanceId: instance?.machineId, region: 'eu-west-1' }),
      };
      const body = documents[path];
      const authorized = request.headers['x-aws-ec2-metadata-token'] === 'token';
      response.statusCode = !authorized ? 401 : body === undefined ? 404 : 200;
      return response.end(body ?? '');
    });
    server.listen(80, ADDRESS.metadata);
    await once(server, 'listening');
    return metadata;
  }

  set(address: string, machineId: string, script: string): void {
    this.userData.set(address, { machineId, script });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
