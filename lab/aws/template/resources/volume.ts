import { z } from 'zod';
import { onlyChanges, resourceType } from '../resource';
import { flag, integer, tags, text } from '../values';

export const VOLUME_RESOURCES = [
  resourceType({
    type: 'AWS::EC2::Volume',
    properties: z.strictObject({
      AvailabilityZone: text,
      Size: integer,
      VolumeType: z.enum(['gp3', 'gp2', 'io1', 'io2']).default('gp2'),
      Iops: integer.optional(),
      Throughput: integer.optional(),
      Encrypted: flag.default(false),
      KmsKeyId: text.optional(),
      MultiAttachEnabled: flag.refine((value) => !value, 'a volume of the lab is attached to one instance').optional(),
      AutoEnableIO: flag.optional(),
      Tags: tags,
    }),
    create: async (properties, { cloud }) => {
      const { volumeId } = await cloud.volumes.create({
        zone: properties.AvailabilityZone,
        sizeGiB: properties.Size,
        volumeType: properties.VolumeType,
        iops: properties.Iops,
        throughput: properties.Throughput,
        encrypted: properties.Encrypted,
        tags: properties.Tags,
      });
      return { physicalId: volumeId, attributes: { VolumeId: volumeId } };
    },
    update: async (properties, old, { cloud }) => {
      onlyChanges(properties, old.properties, ['Size', 'Iops', 'Throughput']);
      const { Size: sizeGiB, Iops: iops, Throughput: throughput } = properties;
      const change = { sizeGiB, ...(iops !== undefined && { iops }), ...(throughput !== undefined && { throughput }) };
      await cloud.volumes.modify(old.physicalId, change);
      return old;
    },
  }),
];
