import { join } from 'node:path';
import type { FirewallRule } from '../ports';
import { ADDRESS } from './addresses';
import { run } from './command';
import { FILES } from './layout';

/** Who is where: the address of every machine and place, with its security groups. */
export interface Inhabitant {
  readonly address: string;
  readonly securityGroupIds: readonly string[];
}

/**
 * Packets that a fault drops: those that the place at `address` sends, or is sent, or both; only to and from `peers`
 * where there are some; so many in a hundred, at random.
 */
export interface Disturbance {
  readonly address: string;
  readonly direction: 'in' | 'out' | 'both';
  readonly peers?: readonly string[];
  readonly percent: number;
}

/** Loads the fixed part of the packet filter into the network namespace of this process. */
export async function loadFirewall(): Promise<void> {
  const defines = Object.entries(ADDRESS).map(([name, address]) => `--define=${name}=${address}`);
  await run('nft', [...defines, '--file', join(FILES, 'firewall.nft')]);
}

/** Puts rules, groups and faults in force at once: one transaction of nft. */
export async function applyFirewall(
  rules: readonly FirewallRule[],
  inhabitants: readonly Inhabitant[],
  disturbances: readonly Disturbance[],
): Promise<void> {
  await run('nft', ['--file', '-'], { input: firewallScript(rules, inhabitants, disturbances) });
}

/** @internal */
export function firewallScript(
  rules: readonly FirewallRule[],
  inhabitants: readonly Inhabitant[],
  disturbances: readonly Disturbance[],
): string {
  const members = membersOf(rules, inhabitants);
  const lines = ['egress', 'ingress_rules', 'faults'].map((chain) => `flush chain inet lab ${chain}`);
  lines.push(...disturbances.flatMap(dropLines));
  for (const [group, addresses] of members) {
    lines.push(`add set inet lab ${setName(group)} { type ipv4_addr; }`, `flush set inet lab ${setName(group)}`);
    if (addresses.length > 0) lines.push(`add element inet lab ${setName(group)} { ${addresses.join(', ')} }`);
  }
  for (const rule of rules) lines.push(ruleLine(rule));
  return lines.join('\n') + '\n';
}

function dropLines({ address, direction, peers, percent }: Disturbance): string[] {
  // Nobody to be cut off from, all of them gone meanwhile.
  if (peers?.length === 0) return [];
  const chance = percent >= 100 ? '' : `numgen random mod 100 < ${percent} `;
  const ways = direction === 'both' ? (['in', 'out'] as const) : [direction];
  return ways.map((way) => {
    const [own, other] = way === 'in' ? ['daddr', 'saddr'] : ['saddr', 'daddr'];
    const peer = peers === undefined ? '' : `ip ${other} { ${peers.join(', ')} } `;
    return `add rule inet lab faults ip ${own} ${address} ${peer}${chance}drop`;
  });
}

function membersOf(rules: readonly FirewallRule[], inhabitants: readonly Inhabitant[]): Map<string, string[]> {
  const members = new Map<string, string[]>();
  for (const rule of rules) {
    members.set(rule.securityGroupId, []);
    if (rule.peer.kind === 'group') members.set(rule.peer.securityGroupId, []);
  }
  for (const { address, securityGroupIds } of inhabitants) {
    for (const group of securityGroupIds) members.get(group)?.push(address);
  }
  return members;
}

function ruleLine(rule: FirewallRule): string {
  const own = `@${setName(rule.securityGroupId)}`;
  const peer = rule.peer.kind === 'cidr' ? rule.peer.cidr : `@${setName(rule.peer.securityGroupId)}`;
  switch (rule.direction) {
    case 'egress':
      return `add rule inet lab egress ip saddr ${own} ip daddr ${peer} ${protocolMatch(rule)} goto ingress`;
    case 'ingress':
      return `add rule inet lab ingress_rules ip daddr ${own} ip saddr ${peer} ${protocolMatch(rule)} accept`;
  }
}

function protocolMatch(rule: FirewallRule): string {
  switch (rule.protocol) {
    case 'all':
      return '';
    case 'icmp':
      return 'meta l4proto icmp';
    case 'tcp':
    case 'udp':
      if (rule.ports === undefined) return `meta l4proto ${rule.protocol}`;
      return `${rule.protocol} dport ${rule.ports.from}-${rule.ports.to}`;
  }
}

function setName(securityGroupId: string): string {
  return `group_${securityGroupId.replace(/[^A-Za-z0-9]/g, '_')}`;
}
