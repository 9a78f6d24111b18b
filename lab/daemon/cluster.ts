import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { HEALTH_CHECKER_ENV, PORT } from '../../core/names';
import type { ProvisionedStack } from '../ports';

/** The one Holdfast cluster of a stack: what the command line has to know of it, with physical names. */
export interface Cluster {
  readonly name: string;
  readonly slots: readonly string[];
  readonly zoneName: string;
  readonly registerTable: string;
  readonly functionName: string;
  readonly masterSecretArn: string;
  readonly caCertificateParameter: string;
  /** Security groups whose members may connect to the nodes. */
  readonly clientSecurityGroupIds: readonly string[];
  readonly writer: string;
  readonly reader: string;
  readonly dsn: string;
  readonly port: number;
  readonly database: string;
}

const resource = z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).optional() });
const template = z.object({ Resources: z.record(z.string(), resource) });
type Template = z.infer<typeof template>;

export async function readTemplate(assemblyDirectory: string): Promise<Template> {
  const files = (await readdir(assemblyDirectory)).filter((file) => file.endsWith('.template.json'));
  const [file] = files;
  if (file === undefined || files.length > 1) {
    throw new Error(`The assembly has ${files.length} stacks (${files.join(', ')}). The lab boots exactly one.`);
  }
  return template.parse(JSON.parse(await readFile(join(assemblyDirectory, file), 'utf8')));
}

/** Recognizes the cluster by its health checker's environment and its outputs. @throws Error naming what is missing. */
export function findCluster(source: Template, stack: ProvisionedStack): Cluster {
  const physical = (value: unknown) => resolve(value, stack);
  const checkers = Object.entries(source.Resources).filter(
    ([, each]) => each.Type === 'AWS::Lambda::Function' && HEALTH_CHECKER_ENV.cluster in environmentOf(each),
  );
  const [checker] = checkers;
  if (checker === undefined || checkers.length > 1) {
    throw new Error(
      `The stack ${stack.stackName} has ${checkers.length} Holdfast clusters. The lab boots exactly one.`,
    );
  }
  const [functionId, { Properties }] = checker;
  const environment = environmentOf({ Properties });
  const output = (name: string) => {
    const found = Object.keys(stack.outputs).find((key) => key === name || key.endsWith(name));
    if (found === undefined) throw new Error(`The stack ${stack.stackName} has no output that ends in ${name}.`);
    return stack.outputs[found] ?? '';
  };
  const ownGroup = output('ClientSecurityGroupId');
  return {
    name: physical(environment[HEALTH_CHECKER_ENV.cluster]),
    slots: physical(environment[HEALTH_CHECKER_ENV.slots]).split(','),
    zoneName: physical(environment[HEALTH_CHECKER_ENV.zoneName]),
    registerTable: physical(environment[HEALTH_CHECKER_ENV.registerTable]),
    functionName: functionId,
    masterSecretArn: output('SecretArn'),
    caCertificateParameter: output('CaCertificateParameterName'),
    clientSecurityGroupIds: [...new Set([ownGroup, ...groupsAdmitted(source, physical)])],
    writer: output('WriterEndpoint'),
    reader: output('ReaderEndpoint'),
    dsn: output('Dsn'),
    port: Number(output('Port')),
    database: output('DatabaseName'),
  };
}

export function slotHost(cluster: Cluster, slot: string): string {
  return `${slot}.${cluster.zoneName}`;
}

/** Source groups of all rules that open the clients' port: the application machine joins them all. */
function groupsAdmitted(source: Template, physical: (value: unknown) => string): string[] {
  const rules = Object.values(source.Resources).flatMap(({ Type, Properties = {} }) => {
    if (Type === 'AWS::EC2::SecurityGroupIngress') return [Properties];
    const inline = Properties['SecurityGroupIngress'];
    return Type === 'AWS::EC2::SecurityGroup' && Array.isArray(inline) ? (inline as Record<string, unknown>[]) : [];
  });
  return rules
    .filter((rule) => rule['FromPort'] === PORT.client && rule['SourceSecurityGroupId'] !== undefined)
    .map((rule) => physical(rule['SourceSecurityGroupId']));
}

function environmentOf(each: { Properties?: Record<string, unknown> | undefined }): Record<string, unknown> {
  const parsed = z.object({ Variables: z.record(z.string(), z.unknown()) }).safeParse(each.Properties?.['Environment']);
  return parsed.success ? parsed.data.Variables : {};
}

/** A string, `Ref`, or an attribute that is the resource's own id. */
function resolve(value: unknown, stack: ProvisionedStack): string {
  if (typeof value === 'string') return value;
  const parsed = z
    .union([
      z.object({ Ref: z.string() }).transform((each) => each.Ref),
      z
        .object({ 'Fn::GetAtt': z.tuple([z.string(), z.enum(['GroupId', 'Id'])]) })
        .transform((each) => each['Fn::GetAtt'][0]),
    ])
    .safeParse(value);
  const id = parsed.success ? stack.resources[parsed.data]?.physicalId : undefined;
  if (id === undefined) throw new Error(`The lab cannot resolve ${JSON.stringify(value)}.`);
  return id;
}
