import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket as TcpSocket } from 'node:net';
import * as packet from 'dns-packet';
import type { DnsRecord, DnsZones } from '../ports';
import { ADDRESS } from './addresses';
import { answer, type Zone } from './dns-answer';

const PORT = 53;

/** The VPC's resolver: the private zones, AWS's own names, and "no such name" for everything else. UDP and TCP. */
export class LabDns implements DnsZones {
  private readonly zones = new Map<string, Zone>();

  private constructor(
    private readonly udp: Socket,
    private readonly tcp: Server,
  ) {}

  static async open(address: string = ADDRESS.resolver): Promise<LabDns> {
    const udp = createSocket('udp4');
    const tcp = createServer();
    const dns = new LabDns(udp, tcp);
    udp.on('message', (message, peer) => {
      const response = dns.respond(message, 'udp');
      if (response !== undefined) udp.send(response, peer.port, peer.address);
    });
    tcp.on('connection', (socket) => dns.serve(socket));
    udp.bind(PORT, address);
    tcp.listen(PORT, address);
    await Promise.all([once(udp, 'listening'), once(tcp, 'listening')]);
    return dns;
  }

  setZone(zoneName: string, records: readonly DnsRecord[]): void {
    this.zones.set(zoneName.toLowerCase(), { name: zoneName.toLowerCase(), records });
  }

  removeZone(zoneName: string): void {
    this.zones.delete(zoneName.toLowerCase());
  }

  /** What a machine would be told that asks for the addresses of a name now. */
  addresses(name: string): string[] {
    const question = { type: 'A', name, class: 'IN' } as const;
    const response = answer({ type: 'query', questions: [question] }, [...this.zones.values()]);
    return (response.answers ?? []).flatMap((each) => (each.type === 'A' ? [each.data] : []));
  }

  async close(): Promise<void> {
    await Promise.all([
      new Promise<void>((resolve) => this.udp.close(() => resolve())),
      new Promise<void>((resolve) => this.tcp.close(() => resolve())),
    ]);
  }

  private respond(message: Buffer, transport: 'udp' | 'tcp'): Buffer | undefined {
    let query: packet.Packet;
    try {
      query = packet.decode(message);
    } catch {
      // Not DNS: a resolver that cannot read the id has nothing to answer to.
      return undefined;
    }
    const response = packet.encode(answer(query, [...this.zones.values()]));
    const room = transport === 'tcp' ? 65_535 : payloadSize(query);
    if (response.length <= room) return response;
    return packet.encode({ ...answer(query, []), flags: packet.TRUNCATED_RESPONSE, answers: [], authorities: [] });
  }

  /** Messages over TCP have their length in front (RFC 1035, 4.2.2). */
  private serve(socket: TcpSocket): void {
    let received = Buffer.alloc(0);
    socket.setTimeout(10_000, () => socket.destroy());
    // A client that goes away in the middle is no concern of a server.
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        const response = this.respond(received.subarray(2, end), 'tcp');
        received = received.subarray(end);
        if (response === undefined) continue;
        const length = Buffer.alloc(2);
        length.writeUInt16BE(response.length);
        socket.write(Buffer.concat([length, response]));
      }
    });
  }
}

/** What the client can take over UDP: 512 bytes, or what its EDNS record says. */
function payloadSize(query: packet.Packet): number {
  const opt = query.additionals?.find((each) => each.type === 'OPT');
  return opt?.type === 'OPT' ? Math.max(512, opt.udpPayloadSize) : 512;
}
