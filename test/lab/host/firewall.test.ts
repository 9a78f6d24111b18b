import { describe, expect, test } from '@jest/globals';
import { firewallScript, type Disturbance } from '../../../lab/host/firewall';
import type { FirewallRule } from '../../../lab/ports';

const NODES = 'sg-1';
const rules: FirewallRule[] = [
  { securityGroupId: NODES, direction: 'egress', protocol: 'all', peer: { kind: 'cidr', cidr: '0.0.0.0/0' } },
  {
    securityGroupId: NODES,
    direction: 'ingress',
    protocol: 'tcp',
    ports: { from: 5432, to: 5433 },
    peer: { kind: 'group', securityGroupId: 'sg-2' },
  },
];

test('A rule of a group becomes a rule about the addresses of its members, and of the peer group.', () => {
  const script = firewallScript(
    rules,
    [
      { address: '10.0.0.1', securityGroupIds: [NODES] },
      { address: '10.0.0.2', securityGroupIds: ['sg-2', 'sg-unnamed'] },
    ],
    [],
  );
  expect(script).toContain('add element inet lab group_sg_1 { 10.0.0.1 }');
  expect(script).toContain('add element inet lab group_sg_2 { 10.0.0.2 }');
  expect(script).toContain('add rule inet lab egress ip saddr @group_sg_1 ip daddr 0.0.0.0/0  goto ingress');
  expect(script).toContain(
    'add rule inet lab ingress_rules ip daddr @group_sg_1 ip saddr @group_sg_2 tcp dport 5432-5433 accept',
  );
  expect(script).not.toContain('unnamed');
});

test('Everything of an earlier state is flushed in the same transaction.', () => {
  const lines = firewallScript(rules, [], []).split('\n');
  expect(lines.slice(0, 3)).toEqual([
    'flush chain inet lab egress',
    'flush chain inet lab ingress_rules',
    'flush chain inet lab faults',
  ]);
  expect(lines).toContain('flush set inet lab group_sg_1');
});

describe('A fault drops', () => {
  const dropped = (disturbance: Disturbance) =>
    firewallScript([], [], [disturbance])
      .split('\n')
      .filter((line) => line.endsWith('drop'))
      .map((line) => line.replace('add rule inet lab faults ', ''));

  test('everything both ways', () => {
    expect(dropped({ address: '10.0.0.9', direction: 'both', percent: 100 })).toEqual([
      'ip daddr 10.0.0.9 drop',
      'ip saddr 10.0.0.9 drop',
    ]);
  });

  test('one way only, to and from some peers only', () => {
    const peers = ['10.0.0.7', '10.0.0.8'];
    expect(dropped({ address: '10.0.0.9', direction: 'out', percent: 100, peers })).toEqual([
      'ip saddr 10.0.0.9 ip daddr { 10.0.0.7, 10.0.0.8 } drop',
    ]);
    expect(dropped({ address: '10.0.0.9', direction: 'in', percent: 100, peers })).toEqual([
      'ip daddr 10.0.0.9 ip saddr { 10.0.0.7, 10.0.0.8 } drop',
    ]);
  });

  test('nothing when no peer is left', () => {
    expect(dropped({ address: '10.0.0.9', direction: 'both', percent: 100, peers: [] })).toEqual([]);
  });

  test('some packets at random', () => {
    expect(dropped({ address: '10.0.0.9', direction: 'in', percent: 30 })).toEqual([
      'ip daddr 10.0.0.9 numgen random mod 100 < 30 drop',
    ]);
  });
});
