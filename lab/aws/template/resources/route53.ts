import { z } from 'zod';
import { normalizeName } from '../../route53/record';
import { parseType } from '../../route53/request';
import { resourceType } from '../resource';
import { integer, text, withoutEffect } from '../values';

export const ROUTE53_RESOURCES = [
  resourceType({
    type: 'AWS::Route53::HostedZone',
    properties: z.strictObject({
      Name: text,
      VPCs: z.array(z.strictObject({ VPCId: text, VPCRegion: text })).min(1, 'the lab has private zones only'),
      HostedZoneConfig: withoutEffect,
      HostedZoneTags: withoutEffect,
    }),
    create: ({ Name, VPCs }, { cloud }) => {
      for (const { VPCId } of VPCs) {
        if (!cloud.network.vpcs.has(VPCId)) throw new Error(`${VPCId} does not exist`);
      }
      const zone = cloud.zones.create(Name);
      return { physicalId: zone.zoneId, attributes: { Id: zone.zoneId } };
    },
  }),
  resourceType({
    type: 'AWS::Route53::RecordSet',
    properties: z.strictObject({
      HostedZoneId: text,
      Name: text,
      Type: text,
      TTL: integer,
      ResourceRecords: z.array(text).min(1),
      Comment: text.optional(),
    }),
    create: async ({ HostedZoneId, Name, Type, TTL, ResourceRecords }, { cloud }) => {
      const record = { name: normalizeName(Name), type: parseType(Type), ttlSeconds: TTL, values: ResourceRecords };
      // CloudFormation overwrites no record, so the zone's own SOA cannot be had this way; and it waits for INSYNC.
      await cloud.zones.insync(cloud.zones.change(HostedZoneId, [{ action: 'CREATE', record }]));
      return { physicalId: Name.replace(/\.$/, ''), attributes: {} };
    },
  }),
];
