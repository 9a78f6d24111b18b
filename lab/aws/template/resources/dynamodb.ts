import { CreateTableCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import { generatedName, resourceType } from '../resource';
import { flag, tags, text, withoutEffect } from '../values';

export const DYNAMODB_RESOURCES = [
  resourceType({
    type: 'AWS::DynamoDB::Table',
    properties: z.strictObject({
      TableName: text.optional(),
      AttributeDefinitions: z.array(z.strictObject({ AttributeName: text, AttributeType: z.enum(['S', 'N', 'B']) })),
      KeySchema: z.array(z.strictObject({ AttributeName: text, KeyType: z.enum(['HASH', 'RANGE']) })),
      BillingMode: z.literal('PAY_PER_REQUEST'),
      DeletionProtectionEnabled: flag.optional(),
      // Backups and encryption at rest change no answer of a table.
      PointInTimeRecoverySpecification: withoutEffect,
      SSESpecification: withoutEffect,
      TableClass: withoutEffect,
      Tags: tags,
    }),
    create: async (properties, context) => {
      const { cloud } = context;
      const name = properties.TableName ?? generatedName(context);
      const partitionKey = properties.KeySchema.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName;
      if (partitionKey === undefined) throw new Error('a table needs a HASH key');
      await cloud.moto.dynamodb.send(
        new CreateTableCommand({
          TableName: name,
          AttributeDefinitions: properties.AttributeDefinitions,
          KeySchema: properties.KeySchema,
          BillingMode: properties.BillingMode,
        }),
      );
      await waitUntilTableExists({ client: cloud.moto.dynamodb, maxWaitTime: 30 }, { TableName: name });
      const tableArn = cloud.account.arn('dynamodb', `table/${name}`);
      cloud.tables.set(name, { partitionKey });
      return { physicalId: name, attributes: { Arn: tableArn } };
    },
  }),
];
