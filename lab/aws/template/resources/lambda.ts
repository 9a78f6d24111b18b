import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { nodeBinaryFor } from '../../functions/node-binary';
import { roleSession } from '../../iam/principal';
import { newSuffix } from '../../ids';
import { generatedName, onlyChanges, resourceType, type ResourceContext } from '../resource';
import { integer, tags, text, withoutEffect } from '../values';

/** What Lambda does in the function's name, to have an interface in the VPC; without it the creation fails on AWS too. */
const NETWORK_ACTIONS = ['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DeleteNetworkInterface'];
const LOG_ACTIONS = ['logs:CreateLogStream', 'logs:PutLogEvents'];

const functionSchema = z.strictObject({
  FunctionName: text.optional(),
  Description: text.optional(),
  Runtime: text,
  Handler: text,
  Role: text,
  Code: z.union([z.strictObject({ S3Bucket: text, S3Key: text }), z.strictObject({ ZipFile: text })]),
  MemorySize: integer.default(128),
  Timeout: integer.default(3).refine((seconds) => seconds <= 900, 'a function runs for at most 900 s'),
  Environment: z.strictObject({ Variables: z.record(z.string(), text) }).optional(),
  VpcConfig: z.strictObject({ SecurityGroupIds: z.array(text).min(1), SubnetIds: z.array(text).min(1) }),
  LoggingConfig: z
    .strictObject({
      LogGroup: text.optional(),
      LogFormat: z.enum(['JSON', 'Text']).optional(),
      ApplicationLogLevel: text.optional(),
      SystemLogLevel: text.optional(),
    })
    .optional(),
  // The lab runs the same bytes on its own processor.
  Architectures: withoutEffect,
  TracingConfig: withoutEffect,
  Tags: tags,
});

async function unpack(code: z.output<typeof functionSchema>['Code'], name: string, context: ResourceContext) {
  // Each update has a directory of its own: an invocation that still runs goes on with its code.
  const taskRoot = join(context.cloud.host.stateDirectory, 'lambda', `${name}-${newSuffix(4)}`);
  await mkdir(taskRoot, { recursive: true });
  if ('ZipFile' in code) await writeFile(join(taskRoot, 'index.js'), code.ZipFile);
  // Copied: the next synth may clear the assembly while the lab runs.
  else await cp(context.asset(code.S3Bucket, code.S3Key).path, taskRoot, { recursive: true });
  return taskRoot;
}

function requirePermissions(roleName: string, name: string, logGroupArn: string, { cloud }: ResourceContext): void {
  if (!cloud.roles.trusts(roleName, 'lambda.amazonaws.com')) {
    throw new Error(`the trust policy of ${roleName} does not let lambda.amazonaws.com assume it`);
  }
  const principal = roleSession(cloud.account, roleName, name);
  const allowed = (action: string, resource: string) =>
    cloud.roles.decide(principal, { action, resource, context: {} }).kind === 'allowed';
  const missing = NETWORK_ACTIONS.filter((action) => !allowed(action, '*'));
  if (missing.length > 0) {
    throw new Error(
      `the provided execution role does not have permissions to call ${missing.join(', ')} on EC2 (is the policy in DependsOn?)`,
    );
  }
  const mute = LOG_ACTIONS.filter((action) => !allowed(action, `${logGroupArn}:log-stream:x`));
  if (mute.length > 0) throw new Error(`the execution role may not write logs: ${mute.join(', ')} on ${logGroupArn}`);
}

async function makePlaces(name: string, vpc: z.output<typeof functionSchema>['VpcConfig'], { cloud }: ResourceContext) {
  return Promise.all(
    vpc.SubnetIds.map((subnetId, index) =>
      cloud.host.network.addPlace(`lambda-${name}-${index}`, {
        address: cloud.network.allocate(subnetId),
        securityGroupIds: vpc.SecurityGroupIds,
      }),
    ),
  );
}

export const LAMBDA_RESOURCES = [
  resourceType({
    type: 'AWS::Lambda::Function',
    properties: functionSchema,
    create: async (properties, context) => {
      const { cloud, logicalId } = context;
      const name = properties.FunctionName ?? generatedName(context, 64);
      const functionArn = cloud.account.arn('lambda', `function:${name}`);
      const logGroupName = properties.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`;
      const { name: roleName } = cloud.roles.byArn(properties.Role);
      requirePermissions(roleName, name, cloud.account.arn('logs', `log-group:${logGroupName}`), context);
      const node = nodeBinaryFor(properties.Runtime);
      if (node.warning !== undefined) cloud.log(node.warning);
      cloud.functions.create(
        {
          ...{ functionName: name, logicalId, arn: functionArn, roleName, logGroupName },
          taskRoot: await unpack(properties.Code, name, context),
          handler: properties.Handler,
          memoryMiB: properties.MemorySize,
          timeoutSeconds: properties.Timeout,
          environment: properties.Environment?.Variables ?? {},
          log: {
            format: properties.LoggingConfig?.LogFormat ?? 'Text',
            level: properties.LoggingConfig?.ApplicationLogLevel,
          },
          namespaces: await makePlaces(name, properties.VpcConfig, context),
        },
        node.path,
      );
      return { physicalId: name, attributes: { Arn: functionArn } };
    },
    update: async (properties, old, context) => {
      onlyChanges(properties, old.properties, [
        'Code',
        'Environment',
        'MemorySize',
        'Timeout',
        'Handler',
        'Description',
      ]);
      const { functions } = context.cloud;
      await functions.update({
        ...functions.spec(old.physicalId),
        taskRoot: await unpack(properties.Code, old.physicalId, context),
        handler: properties.Handler,
        memoryMiB: properties.MemorySize,
        timeoutSeconds: properties.Timeout,
        environment: properties.Environment?.Variables ?? {},
      });
      return old;
    },
  }),
  resourceType({
    type: 'AWS::Lambda::EventInvokeConfig',
    properties: z.strictObject({
      FunctionName: text,
      Qualifier: z.literal('$LATEST'),
      MaximumRetryAttempts: integer.default(2),
      MaximumEventAgeInSeconds: integer.default(21_600),
    }),
    create: (properties, { cloud }) => {
      cloud.functions.setAsyncConfig(properties.FunctionName, {
        maximumRetryAttempts: properties.MaximumRetryAttempts,
        maximumEventAgeSeconds: properties.MaximumEventAgeInSeconds,
      });
      return { physicalId: `${properties.FunctionName}|$LATEST`, attributes: {} };
    },
  }),
  resourceType({
    type: 'AWS::Lambda::Permission',
    properties: z.strictObject({
      Action: z.literal('lambda:InvokeFunction'),
      FunctionName: text,
      Principal: text,
      SourceArn: text.optional(),
      SourceAccount: text.optional(),
    }),
    create: ({ FunctionName, Principal, SourceArn }, context) => {
      context.cloud.functions.permit(FunctionName, { principal: Principal, sourceArn: SourceArn });
      return { physicalId: generatedName(context, 100), attributes: {} };
    },
  }),
];
