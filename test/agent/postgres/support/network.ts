import { succeed } from '../../../../agent/command';
import { PORT } from '../../../../core/names';

/**
 * Several servers on one machine: each has a loopback address of its own, and the peers' port leads to the clients' on
 * the same address, as the packet filter of a node does it.
 */
const RULES = `
table inet holdfast_test
delete table inet holdfast_test
table inet holdfast_test {
  chain peers {
    type nat hook output priority -100; policy accept;
    ip daddr 127.0.0.0/8 tcp dport ${PORT.peer} dnat to :${PORT.client}
  }
}
`;

export async function openPeerPort(): Promise<void> {
  await succeed('nft', ['-f', '-'], { timeoutMs: 10_000, stdin: RULES });
}

/** An address that no other test process uses at the same time. */
export function addressOf(index: number): string {
  const worker = Number(process.env['JEST_WORKER_ID'] ?? '1');
  return `127.0.${10 + worker}.${index}`;
}
