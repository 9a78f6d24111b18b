import { z } from 'zod';
import type { FirewallRule } from '../../../ports';
import { newResourceId } from '../../ids';
import { generatedName, resourceType } from '../resource';
import { integer, tags, text } from '../values';

const flow = {
  IpProtocol: text,
  FromPort: integer.optional(),
  ToPort: integer.optional(),
  CidrIp: text.optional(),
  // The lab's network has IPv4 only: a rule for IPv6 lets nothing through.
  CidrIpv6: text.optional(),
  Description: text.optional(),
};
const ingressFlow = { ...flow, SourceSecurityGroupId: text.optional() };
const egressFlow = { ...flow, DestinationSecurityGroupId: text.optional() };

interface Flow {
  readonly IpProtocol: string;
  readonly FromPort?: number | undefined;
  readonly ToPort?: number | undefined;
  readonly CidrIp?: string | undefined;
  readonly CidrIpv6?: string | undefined;
  readonly SourceSecurityGroupId?: string | undefined;
  readonly DestinationSecurityGroupId?: string | undefined;
}

const PROTOCOLS: Readonly<Record<string, FirewallRule['protocol']>> = {
  '-1': 'all',
  tcp: 'tcp',
  '6': 'tcp',
  udp: 'udp',
  '17': 'udp',
  icmp: 'icmp',
  '1': 'icmp',
};

function toRules(securityGroupId: string, direction: FirewallRule['direction'], flow: Flow): readonly FirewallRule[] {
  const protocol = PROTOCOLS[flow.IpProtocol];
  if (protocol === undefined) throw new Error(`the lab does not filter the protocol ${flow.IpProtocol}`);
  const group = flow.SourceSecurityGroupId ?? flow.DestinationSecurityGroupId;
  if (group === undefined && flow.CidrIp === undefined) {
    if (flow.CidrIpv6 !== undefined) return [];
    throw new Error('a security group rule needs a CIDR or a group as its peer');
  }
  const hasPorts = (protocol === 'tcp' || protocol === 'udp') && flow.FromPort !== undefined;
  return [
    {
      securityGroupId,
      direction,
      protocol,
      ...(hasPorts ? { ports: { from: flow.FromPort, to: flow.ToPort ?? flow.FromPort } } : {}),
      peer: group === undefined ? { kind: 'cidr', cidr: flow.CidrIp ?? '' } : { kind: 'group', securityGroupId: group },
    },
  ];
}

export const SECURITY_GROUP_RESOURCES = [
  resourceType({
    type: 'AWS::EC2::SecurityGroup',
    properties: z.strictObject({
      GroupDescription: text,
      VpcId: text,
      SecurityGroupIngress: z.array(z.strictObject(ingressFlow)).default([]),
      // Without any, AWS lets everything out.
      SecurityGroupEgress: z.array(z.strictObject(egressFlow)).default([{ IpProtocol: '-1', CidrIp: '0.0.0.0/0' }]),
      Tags: tags,
    }),
    create: async (properties, context) => {
      const groupId = newResourceId('sg');
      const rules = [
        ...properties.SecurityGroupIngress.flatMap((rule) => toRules(groupId, 'ingress', rule)),
        ...properties.SecurityGroupEgress.flatMap((rule) => toRules(groupId, 'egress', rule)),
      ];
      await context.cloud.network.addSecurityGroup({
        ...{ groupId, groupName: generatedName(context), vpcId: properties.VpcId, rules },
      });
      return { physicalId: groupId, attributes: { GroupId: groupId, VpcId: properties.VpcId } };
    },
  }),
  resourceType({
    type: 'AWS::EC2::SecurityGroupIngress',
    properties: z.strictObject({ GroupId: text, ...ingressFlow }),
    create: async ({ GroupId, ...rule }, { cloud }) => {
      for (const each of toRules(GroupId, 'ingress', rule)) await cloud.network.addRule(each);
      return { physicalId: newResourceId('sgr'), attributes: {} };
    },
  }),
  resourceType({
    type: 'AWS::EC2::SecurityGroupEgress',
    properties: z.strictObject({ GroupId: text, ...egressFlow }),
    create: async ({ GroupId, ...rule }, { cloud }) => {
      for (const each of toRules(GroupId, 'egress', rule)) await cloud.network.addRule(each);
      return { physicalId: newResourceId('sgr'), attributes: {} };
    },
  }),
];
