import { expect, test } from '@jest/globals';
import { firewallScript } from '../../../lab/host/firewall';
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
  const lines = firewallScript(rules, [], ['10.0.0.9']).split('\n');
  expect(lines.slice(0, 3)).toEqual([
    'flush chain inet lab egress',
    'flush chain inet lab ingress_rules',
    'flush set inet lab cut',
  ]);
  expect(lines).toContain('flush set inet lab group_sg_1');
  expect(lines).toContain('add element inet lab cut { 10.0.0.9 }');
});
