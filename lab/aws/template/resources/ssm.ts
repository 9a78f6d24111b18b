import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { z } from 'zod';
import { newSuffix } from '../../ids';
import { parameterArn } from '../../proxied/ssm';
import { onlyChanges, resourceType } from '../resource';
import { text } from '../values';

export const SSM_RESOURCES = [
  resourceType({
    type: 'AWS::SSM::Parameter',
    properties: z.strictObject({
      Name: text.optional(),
      Description: text.optional(),
      Type: z.enum(['String', 'StringList']),
      Value: text,
      Tier: z.enum(['Standard', 'Advanced', 'Intelligent-Tiering']).optional(),
      AllowedPattern: text.optional(),
      Tags: z.record(z.string(), text).default({}),
    }),
    create: async (properties, { cloud, logicalId }) => {
      const name = properties.Name ?? `CFN-${logicalId}-${newSuffix(12)}`;
      await cloud.moto.ssm.send(
        new PutParameterCommand({
          Name: name,
          Type: properties.Type,
          Value: properties.Value,
          Description: properties.Description,
          Tier: properties.Tier,
          AllowedPattern: properties.AllowedPattern,
        }),
      );
      cloud.tags.set(parameterArn(cloud.account, name), properties.Tags);
      return { physicalId: name, attributes: { Type: properties.Type, Value: properties.Value } };
    },
    update: async (properties, old, { cloud }) => {
      onlyChanges(properties, old.properties, ['Value', 'Description']);
      const { Value, Description } = properties;
      await cloud.moto.ssm.send(new PutParameterCommand({ Name: old.physicalId, Value, Description, Overwrite: true }));
      return { physicalId: old.physicalId, attributes: { ...old.attributes, Value } };
    },
  }),
];
