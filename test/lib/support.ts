import { afterAll, jest } from '@jest/globals';
import { App, Fn, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PostgresClusterProps } from '../../lib';
import { PostgresCluster } from '../../lib';

/** A resource as the template has it. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly UpdatePolicy?: Record<string, unknown>;
}

/** A whole template. */
export interface TemplateJson {
  readonly Resources: Record<string, TemplateResource>;
  readonly Parameters: Record<string, { readonly Type: string; readonly Default: string }>;
  readonly Outputs: Record<string, { readonly Value: unknown }>;
}

// A first synth bundles two programs, and machines that run tests are often busy.
jest.setTimeout(120_000);

// CDK's validation of templates takes seconds to warm up in each process. Files whose subject it is turn it on.
let validating = false;

/** From here on what CDK's validation finds in a template is an error, as in cdk.json. */
export function validateTemplates(): void {
  validating = true;
}

/** Where this file's stacks are synthesized: each holds megabytes of bundles. */
const assemblies = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
let assemblyCount = 0;
afterAll(() => rmSync(assemblies, { recursive: true }));

/** An app whose template is gone after the tests. */
export function testApp(context: Record<string, unknown> = {}): App {
  assemblyCount += 1;
  return new App({
    outdir: join(assemblies, String(assemblyCount)),
    builtinCloudFormationValidation: validating,
    context: { '@aws-cdk/core:validateAgainstDefaultRules': true, ...context },
  });
}

/** A stack in no particular region, with as many zones as are asked for. */
export function testStack(zones = 3): Stack {
  return new StackWithZones(testApp(), zones);
}

class StackWithZones extends Stack {
  public constructor(
    app: App,
    private readonly zones: number,
  ) {
    super(app, 'Test');
  }

  public override get availabilityZones(): string[] {
    return Array.from({ length: this.zones }, (_, index) => Fn.select(index, Fn.getAzs()));
  }
}

/** The two lines of a user, with what the test is about. */
export function cluster(props: Partial<PostgresClusterProps> = {}, stack: Stack = testStack()): PostgresCluster {
  return new PostgresCluster(stack, 'Db', { ...props, vpc: props.vpc ?? new Vpc(stack, 'Vpc', { maxAzs: 5 }) });
}

/** The template of one cluster in a VPC of three zones. */
export function clusterTemplate(props: Partial<PostgresClusterProps> = {}): Template {
  return Template.fromStack(cluster(props).stack);
}

let plain: Template | undefined;

/** The template without any optional property; made once for each test file. */
export function plainTemplate(): Template {
  plain ??= clusterTemplate();
  return plain;
}

/** All resources of a type, by logical id. */
export function resources(template: Template, type: string): Record<string, TemplateResource> {
  return template.findResources(type) as unknown as Record<string, TemplateResource>;
}

/** The one resource of a type whose logical id matches. */
export function resource(template: Template, type: string, id: RegExp): TemplateResource {
  const found = Object.entries(resources(template, type)).filter(([logicalId]) => id.test(logicalId));
  const [first, ...others] = found;
  if (first === undefined || others.length > 0) {
    throw new Error(
      `${found.length} resources of ${type} match ${id}: ${found.map(([logicalId]) => logicalId).join(', ')}`,
    );
  }
  return first[1];
}

export interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Record<string, Record<string, unknown>>;
}

/** Every statement of the policy whose logical id matches. */
export function statements(template: Template, id: RegExp): readonly Statement[] {
  const document = resource(template, 'AWS::IAM::Policy', id).Properties['PolicyDocument'] as {
    readonly Statement: readonly Statement[];
  };
  return document.Statement;
}

/** A statement's actions, also when there is one. */
export function actionsOf(statement: Statement): readonly string[] {
  return [statement.Action].flat();
}

/** The one statement that allows an action. */
export function allowing(all: readonly Statement[], action: string): Statement {
  const [first, ...others] = all.filter((statement) => actionsOf(statement).includes(action));
  if (first === undefined || others.length > 0) {
    throw new Error(`${action} stands in ${others.length + (first ? 1 : 0)} statements`);
  }
  return first;
}

/** The text of a template value, each reference in it replaced by `<logical id>`. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  const [[intrinsic, argument] = ['', undefined]] = Object.entries(value as Record<string, unknown>);
  switch (intrinsic) {
    case 'Fn::Base64':
      return textOf(argument);
    case 'Fn::Join': {
      const [separator, parts] = argument as [string, unknown[]];
      return parts.map(textOf).join(separator);
    }
    case 'Ref':
      return `<${argument as string}>`;
    case 'Fn::GetAtt':
      return `<${(argument as string[]).join('.')}>`;
    case 'Fn::Select': {
      const [index, list] = argument as [number, unknown];
      return `${textOf(list)}[${index}]`;
    }
    case 'Fn::GetAZs':
      return 'zones';
    case 'Fn::Sub':
      return argument as string;
    default:
      throw new Error(`${intrinsic} is not known here`);
  }
}
