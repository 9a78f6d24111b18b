import { z } from 'zod';
import { newResourceId } from '../../ids';
import { resourceType } from '../resource';
import { flag, tags, text, withoutEffect } from '../values';

const plain = (physicalId: string, attributes: Readonly<Record<string, unknown>> = {}) => ({ physicalId, attributes });

export const VPC_RESOURCES = [
  resourceType({
    type: 'AWS::EC2::VPC',
    properties: z.strictObject({
      CidrBlock: text,
      EnableDnsHostnames: flag.optional(),
      EnableDnsSupport: flag.optional(),
      InstanceTenancy: z.literal('default').optional(),
      Tags: tags,
    }),
    create: ({ CidrBlock }, { cloud }) => {
      const vpcId = newResourceId('vpc');
      cloud.network.vpcs.set(vpcId, { cidr: CidrBlock });
      return plain(vpcId, { VpcId: vpcId, CidrBlock });
    },
  }),
  resourceType({
    type: 'AWS::EC2::Subnet',
    properties: z.strictObject({
      VpcId: text,
      CidrBlock: text,
      AvailabilityZone: text,
      // Nothing in the lab has a public address.
      MapPublicIpOnLaunch: flag.optional(),
      Tags: tags,
    }),
    create: ({ VpcId, CidrBlock, AvailabilityZone }, { cloud }) => {
      const subnetId = newResourceId('subnet');
      cloud.network.addSubnet({ subnetId, vpcId: VpcId, cidr: CidrBlock, zone: AvailabilityZone });
      return plain(subnetId, { SubnetId: subnetId, AvailabilityZone, CidrBlock, VpcId });
    },
  }),
  resourceType({
    type: 'AWS::EC2::RouteTable',
    properties: z.strictObject({ VpcId: text, Tags: tags }),
    create: (_properties, { cloud }) => {
      const routeTableId = newResourceId('rtb');
      cloud.network.addRouteTable(routeTableId);
      return plain(routeTableId, { RouteTableId: routeTableId });
    },
  }),
  resourceType({
    type: 'AWS::EC2::SubnetRouteTableAssociation',
    properties: z.strictObject({ RouteTableId: text, SubnetId: text }),
    create: ({ RouteTableId, SubnetId }, { cloud }) => {
      cloud.network.associate(SubnetId, RouteTableId);
      return plain(newResourceId('rtbassoc'));
    },
  }),
  resourceType({
    type: 'AWS::EC2::Route',
    properties: z.strictObject({
      RouteTableId: text,
      DestinationCidrBlock: text,
      GatewayId: text.optional(),
      NatGatewayId: text.optional(),
    }),
    create: ({ RouteTableId, DestinationCidrBlock, GatewayId, NatGatewayId }, { cloud }) => {
      const targetId = GatewayId ?? NatGatewayId;
      if (targetId === undefined) throw new Error('a route needs GatewayId or NatGatewayId');
      cloud.network.addRoute(RouteTableId, { destination: DestinationCidrBlock, targetId });
      return plain(`${RouteTableId}|${DestinationCidrBlock}`);
    },
  }),
  resourceType({
    type: 'AWS::EC2::InternetGateway',
    properties: z.strictObject({ Tags: tags }),
    create: () => {
      const internetGatewayId = newResourceId('igw');
      return plain(internetGatewayId, { InternetGatewayId: internetGatewayId });
    },
  }),
  resourceType({
    type: 'AWS::EC2::VPCGatewayAttachment',
    properties: z.strictObject({ VpcId: text, InternetGatewayId: text }),
    create: ({ VpcId }) => plain(`IGW|${VpcId}`, { AttachmentType: 'IGW' }),
  }),
  resourceType({
    type: 'AWS::EC2::EIP',
    properties: z.strictObject({ Domain: z.literal('vpc'), Tags: tags }),
    create: () => {
      const address = `203.0.113.${1 + Math.floor(Math.random() * 254)}`;
      return plain(address, { AllocationId: newResourceId('eipalloc'), PublicIp: address });
    },
  }),
  resourceType({
    type: 'AWS::EC2::NatGateway',
    properties: z.strictObject({ AllocationId: text, SubnetId: text, Tags: tags }),
    create: ({ SubnetId }, { cloud }) => {
      const natGatewayId = newResourceId('nat');
      cloud.network.natGateways.set(natGatewayId, { subnetId: SubnetId });
      return plain(natGatewayId, { NatGatewayId: natGatewayId });
    },
  }),
  resourceType({
    type: 'AWS::EC2::VPCEndpoint',
    properties: z.strictObject({
      VpcId: text,
      ServiceName: text,
      VpcEndpointType: z.enum(['Gateway', 'Interface']).default('Gateway'),
      RouteTableIds: z.array(text).default([]),
      SubnetIds: z.array(text).optional(),
      // The gateway stands for the endpoint's interface, whose own group is not filtered.
      SecurityGroupIds: withoutEffect,
      PrivateDnsEnabled: flag.optional(),
      Tags: tags,
    }),
    create: ({ VpcId, ServiceName, VpcEndpointType, RouteTableIds, PrivateDnsEnabled }, { cloud }) => {
      const endpointId = newResourceId('vpce');
      const service = ServiceName.split('.').at(-1) ?? ServiceName;
      if (VpcEndpointType === 'Gateway') cloud.network.addGatewayEndpoint(service, RouteTableIds);
      else if (PrivateDnsEnabled === true) cloud.network.addInterfaceEndpoint(service, VpcId);
      return plain(endpointId, { Id: endpointId });
    },
  }),
];
