import { z } from 'zod';
import type { LaunchTemplateData } from '../../ec2/launch-template';
import { newResourceId } from '../../ids';
import { generatedName, onlyChanges, resourceType, type ResourceContext } from '../resource';
import type { Provisioned } from '../resolver';
import { flag, integer, tags, text, withoutEffect } from '../values';

/** EC2 takes at most this much, before base64. */
const MAX_USER_DATA_BYTES = 16 * 1024;

const specification = z.strictObject({ ResourceType: text, Tags: tags });

const dataSchema = z.strictObject({
  ImageId: text,
  InstanceType: text.optional(),
  UserData: text.optional(),
  IamInstanceProfile: z.strictObject({ Arn: text.optional(), Name: text.optional() }).optional(),
  SecurityGroupIds: z.array(text).optional(),
  NetworkInterfaces: z
    .array(
      z.strictObject({
        DeviceIndex: integer.refine((index) => index === 0, 'the lab gives an instance one network interface'),
        AssociatePublicIpAddress: flag.optional(),
        Groups: z.array(text).optional(),
        DeleteOnTermination: flag.optional(),
      }),
    )
    .max(1)
    .optional(),
  MetadataOptions: z
    .strictObject({
      HttpTokens: z.enum(['required', 'optional']).optional(),
      HttpEndpoint: z.literal('enabled').optional(),
      // Machines of the lab run no containers that a hop would matter to.
      HttpPutResponseHopLimit: integer.optional(),
      InstanceMetadataTags: z.enum(['enabled', 'disabled']).optional(),
    })
    .optional(),
  BlockDeviceMappings: z
    .array(
      z.strictObject({
        DeviceName: text,
        Ebs: z.strictObject({
          Encrypted: flag.optional(),
          VolumeSize: integer.optional(),
          VolumeType: text.optional(),
          DeleteOnTermination: flag.optional(),
          Iops: integer.optional(),
          Throughput: integer.optional(),
          KmsKeyId: text.optional(),
        }),
      }),
    )
    .max(1, 'the lab gives an instance its root device only; data volumes are attached')
    .optional(),
  TagSpecifications: z.array(specification).default([]),
  // Detailed monitoring, EBS optimization and CPU credits change no behaviour here.
  Monitoring: withoutEffect,
  EbsOptimized: withoutEffect,
  CreditSpecification: withoutEffect,
});

function templateData(
  data: z.output<typeof dataSchema>,
  own: Pick<LaunchTemplateData, 'id' | 'name'>,
  { cloud }: ResourceContext,
): LaunchTemplateData {
  const userData = Buffer.from(data.UserData ?? '', 'base64');
  if (userData.length > MAX_USER_DATA_BYTES) {
    throw new Error(`user data is ${userData.length} bytes long; EC2 takes at most ${MAX_USER_DATA_BYTES}`);
  }
  const [networkInterface] = data.NetworkInterfaces ?? [];
  if (networkInterface?.AssociatePublicIpAddress === true) {
    throw new Error('the lab has no public addresses');
  }
  const [root] = data.BlockDeviceMappings ?? [];
  const profileName = data.IamInstanceProfile?.Arn ?? data.IamInstanceProfile?.Name;
  const instanceTags = data.TagSpecifications.filter(({ ResourceType }) => ResourceType === 'instance');
  const template: LaunchTemplateData = {
    ...own,
    imageId: data.ImageId,
    instanceType: data.InstanceType,
    userData,
    profile: profileName === undefined ? undefined : cloud.profiles.get(profileName),
    securityGroupIds: networkInterface?.Groups ?? data.SecurityGroupIds ?? [],
    tags: Object.assign({}, ...instanceTags.map(({ Tags }) => Tags)) as Readonly<Record<string, string>>,
    metadata: {
      tokensRequired: data.MetadataOptions?.HttpTokens === 'required',
      tagsShown: data.MetadataOptions?.InstanceMetadataTags === 'enabled',
    },
    rootDevice: { name: root?.DeviceName ?? '/dev/xvda', sizeGiB: root?.Ebs.VolumeSize ?? 8 },
  };
  if (template.securityGroupIds.length === 0) throw new Error('a launch template of the lab needs security groups');
  return template;
}

function provisioned(id: string, version: number): Provisioned {
  const latest = String(version);
  return {
    physicalId: id,
    attributes: { LaunchTemplateId: id, LatestVersionNumber: latest, DefaultVersionNumber: '1' },
  };
}

export const LAUNCH_TEMPLATE_RESOURCES = [
  resourceType({
    type: 'AWS::EC2::LaunchTemplate',
    properties: z.strictObject({
      LaunchTemplateName: text.optional(),
      VersionDescription: text.optional(),
      LaunchTemplateData: dataSchema,
      TagSpecifications: z.array(specification).optional(),
    }),
    create: ({ LaunchTemplateName, LaunchTemplateData: data }, context) => {
      const own = { id: newResourceId('lt'), name: LaunchTemplateName ?? generatedName(context, 128) };
      context.cloud.launchTemplates.set(own.id, templateData(data, own, context));
      return provisioned(own.id, 1);
    },
    // A new version. Nobody uses an old one: a group that still names it is updated in the same deploy.
    update: (properties, old, context) => {
      onlyChanges(properties, old.properties, ['LaunchTemplateData', 'VersionDescription', 'TagSpecifications']);
      const { launchTemplates } = context.cloud;
      const { id = old.physicalId, name = '' } = launchTemplates.get(old.physicalId) ?? {};
      launchTemplates.set(id, templateData(properties.LaunchTemplateData, { id, name }, context));
      return provisioned(id, Number(old.attributes['LatestVersionNumber']) + 1);
    },
    remove: ({ physicalId }, { cloud }) => void cloud.launchTemplates.delete(physicalId),
  }),
];
