import { z } from 'zod';
import { parseOperator, type Condition } from './condition';

/** A statement of an identity, trust or resource policy, ready to be judged. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  /** Lower-case patterns. */
  readonly actions: readonly string[];
  readonly actionsInverted: boolean;
  readonly resources: readonly string[];
  readonly resourcesInverted: boolean;
  readonly conditions: readonly Condition[];
  /** Who, in a trust or resource policy: `ec2.amazonaws.com`, an ARN or `*`. */
  readonly principals: readonly string[];
  /** Where it stands, for the log: `policy name, statement number`. */
  readonly origin: string;
}

const oneOrMany = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const scalar = z.union([z.string(), z.boolean(), z.number()]).transform(String);
const conditionValues = z.union([scalar, z.array(scalar)]).transform((value) => [value].flat());

const statementSchema = z
  .strictObject({
    Sid: z.string().optional(),
    Effect: z.enum(['Allow', 'Deny']),
    Action: oneOrMany.optional(),
    NotAction: oneOrMany.optional(),
    Resource: oneOrMany.optional(),
    NotResource: oneOrMany.optional(),
    Principal: z.union([z.literal('*'), z.record(z.string(), oneOrMany)]).optional(),
    Condition: z.record(z.string(), z.record(z.string(), conditionValues)).optional(),
  })
  .refine((statement) => (statement.Action === undefined) !== (statement.NotAction === undefined), {
    error: 'exactly one of Action and NotAction is needed',
  });

const documentSchema = z.strictObject({
  Version: z.literal('2012-10-17'),
  Id: z.string().optional(),
  Statement: z.preprocess((value) => [value].flat(), z.array(statementSchema)),
});

/** Parses a policy document; what the lab could not judge is an error here, not a silent yes or no later. */
export function parsePolicy(name: string, document: unknown): readonly Statement[] {
  const parsed = documentSchema.safeParse(document);
  if (!parsed.success) throw new Error(`policy ${name}: ${z.prettifyError(parsed.error)}`);
  return parsed.data.Statement.map((statement, index) => ({
    effect: statement.Effect,
    actions: (statement.Action ?? statement.NotAction ?? []).map((action) => action.toLowerCase()),
    actionsInverted: statement.NotAction !== undefined,
    resources: statement.Resource ?? statement.NotResource ?? [],
    resourcesInverted: statement.NotResource !== undefined,
    conditions: Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => ({ key, values, ...parseOperator(operator) })),
    ),
    principals: statement.Principal === '*' ? ['*'] : Object.values(statement.Principal ?? {}).flat(),
    origin: `${name}, statement ${statement.Sid ?? index + 1}`,
  }));
}
