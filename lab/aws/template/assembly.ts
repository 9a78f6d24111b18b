import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Account } from '../account';

const manifestSchema = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      /** Of a stack: `aws://123456789012/eu-west-1`, with `unknown-…` for what was left open. */
      environment: z.string().optional(),
      properties: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});

const assetsSchema = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.object({ path: z.string(), packaging: z.enum(['zip', 'file']) }),
      destinations: z.record(z.string(), z.object({ bucketName: z.string(), objectKey: z.string() })),
    }),
  ),
  dockerImages: z.record(z.string(), z.unknown()),
});

/** The keys that CloudFormation knows. Anything else in a template is an error, as it is there. */
const resourceSchema = z.strictObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).optional(),
  DependsOn: z.union([z.string(), z.array(z.string())]).optional(),
  Condition: z.string().optional(),
  Metadata: z.unknown().optional(),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
  UpdatePolicy: z.unknown().optional(),
  CreationPolicy: z.unknown().optional(),
});

const templateSchema = z.strictObject({
  AWSTemplateFormatVersion: z.string().optional(),
  Description: z.string().optional(),
  Metadata: z.unknown().optional(),
  Parameters: z.record(z.string(), z.looseObject({ Type: z.string(), Default: z.unknown().optional() })).optional(),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).optional(),
  Conditions: z.record(z.string(), z.unknown()).optional(),
  Rules: z
    .record(
      z.string(),
      z.strictObject({
        RuleCondition: z.unknown().optional(),
        Assertions: z.array(z.strictObject({ Assert: z.unknown(), AssertDescription: z.string().optional() })),
      }),
    )
    .optional(),
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z.record(z.string(), z.looseObject({ Value: z.unknown(), Condition: z.string().optional() })).optional(),
});

export type Template = z.output<typeof templateSchema>;
export type TemplateResource = z.output<typeof resourceSchema>;

export interface FileAsset {
  readonly path: string;
  readonly packaging: 'zip' | 'file';
  readonly bucketName: string;
  readonly objectKey: string;
}

/** What `cdk synth` wrote, as far as it matters here: one stack and the files it needs in S3. */
export interface Assembly {
  readonly stackName: string;
  readonly template: Template;
  readonly assets: readonly FileAsset[];
}

/** The account that the assembly's stack is for. */
export async function accountOf(directory: string): Promise<Account> {
  const { stack } = await readManifest(directory);
  const [, accountId = '', region = ''] = /^aws:\/\/([^/]+)\/([^/]+)$/.exec(stack.artifact.environment ?? '') ?? [];
  if (/^(cn|us-gov|us-iso)/.test(region))
    throw new Error(`the lab knows no region of another partition, as ${region} is`);
  const given = (value: string) => (value === '' || value.startsWith('unknown-') ? undefined : value);
  return new Account(given(accountId), given(region));
}

async function readManifest(directory: string) {
  const manifest = manifestSchema.parse(await readJson(join(directory, 'manifest.json')));
  const artifacts = Object.entries(manifest.artifacts);
  const stacks = artifacts.filter(([, { type }]) => type === 'aws:cloudformation:stack');
  const [stack] = stacks;
  if (stack === undefined || stacks.length > 1) {
    const names = stacks.map(([name]) => name).join(', ');
    throw new Error(
      `${directory} holds ${stacks.length} stacks (${names}); the lab runs an assembly with exactly one.`,
    );
  }
  return { artifacts, stack: { name: stack[0], artifact: stack[1] } };
}

export async function readAssembly(directory: string): Promise<Assembly> {
  const { artifacts, stack } = await readManifest(directory);
  const { name: artifactName } = stack;
  const { properties } = stack.artifact;
  const assetFiles = artifacts
    .filter(([, { type }]) => type === 'cdk:asset-manifest')
    .map(([, artifact]) => join(directory, String(artifact.properties?.['file'])));
  const template = templateSchema.safeParse(await readJson(join(directory, String(properties?.['templateFile']))));
  if (!template.success) throw new Error(`the template of ${artifactName}: ${z.prettifyError(template.error)}`);
  return {
    stackName: typeof properties?.['stackName'] === 'string' ? properties['stackName'] : artifactName,
    template: template.data,
    assets: (await Promise.all(assetFiles.map((file) => readAssets(directory, file)))).flat(),
  };
}

async function readAssets(directory: string, file: string): Promise<readonly FileAsset[]> {
  const { files, dockerImages } = assetsSchema.parse(await readJson(file));
  if (Object.keys(dockerImages).length > 0) throw new Error('the lab does not run Docker image assets');
  return Object.values(files).flatMap(({ source, destinations }) =>
    Object.values(destinations).map(({ bucketName, objectKey }) => ({
      path: join(directory, source.path),
      packaging: source.packaging,
      bucketName,
      objectKey,
    })),
  );
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8')) as unknown;
}
