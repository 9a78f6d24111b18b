import { z } from 'zod';
import { parseRate } from '../../events/rule';
import { generatedName, resourceType } from '../resource';
import { integer, text } from '../values';

export const EVENTS_RESOURCES = [
  resourceType({
    type: 'AWS::Events::Rule',
    properties: z.strictObject({
      Name: text.optional(),
      Description: text.optional(),
      ScheduleExpression: text,
      State: z.literal('ENABLED').default('ENABLED'),
      Targets: z.array(
        z.strictObject({
          Id: text,
          Arn: text,
          Input: text.optional(),
          RetryPolicy: z
            .strictObject({
              MaximumRetryAttempts: integer.optional(),
              MaximumEventAgeInSeconds: integer.optional(),
            })
            .optional(),
        }),
      ),
    }),
    create: (properties, context) => {
      const { account, functions, rules } = context.cloud;
      const name = properties.Name ?? generatedName(context, 64);
      const ruleArn = account.arn('events', `rule/${name}`);
      rules.create({
        arn: ruleArn,
        periodMinutes: parseRate(properties.ScheduleExpression),
        targets: properties.Targets.map(({ Arn, Input }) => {
          const target = functions.byArn(Arn);
          if (target === undefined) throw new Error(`the target ${Arn} is no function`);
          return { functionName: target.functionName, input: Input };
        }),
      });
      return { physicalId: name, attributes: { Arn: ruleArn } };
    },
  }),
];
