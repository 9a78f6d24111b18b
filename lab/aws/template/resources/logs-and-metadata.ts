import { z } from 'zod';
import { generatedName, resourceType } from '../resource';
import { integer, tags, text } from '../values';

export const LOGS_RESOURCES = [
  resourceType({
    type: 'AWS::Logs::LogGroup',
    properties: z.strictObject({ LogGroupName: text.optional(), RetentionInDays: integer.optional(), Tags: tags }),
    create: ({ LogGroupName }, context) => {
      const name = LogGroupName ?? generatedName(context);
      context.cloud.logs.createGroup(name);
      return { physicalId: name, attributes: { Arn: context.cloud.account.arn('logs', `log-group:${name}:*`) } };
    },
  }),
  resourceType({
    type: 'AWS::CDK::Metadata',
    properties: z.unknown(),
    create: () => ({ physicalId: 'CDKMetadata', attributes: {} }),
    update: (_properties, old) => old,
  }),
];
