import { z } from 'zod';
import type { Cloud } from '../cloud';
import { newSuffix } from '../ids';
import type { FileAsset } from './assembly';
import type { Provisioned } from './resolver';

/** What a resource type's `create` may use. */
export interface ResourceContext {
  readonly logicalId: string;
  readonly stackName: string;
  readonly stackId: string;
  readonly cloud: Cloud;
  /** The file that a template's S3 location means. */
  asset(bucketName: string, objectKey: string): FileAsset;
}

export interface ResourceType {
  readonly type: string;
  /** Attributes besides Properties that this type understands (`UpdatePolicy`). */
  readonly understands: readonly string[];
  create(properties: unknown, context: ResourceContext): Promise<Provisioned>;
}

/**
 * A resource type with its properties. The schema is strict: a property that it does not list is an error, since nobody
 * has thought about what it would do.
 */
export function resourceType<S extends z.ZodType>(definition: {
  readonly type: string;
  readonly properties: S;
  readonly understands?: readonly string[];
  readonly create: (properties: z.output<S>, context: ResourceContext) => Promise<Provisioned> | Provisioned;
}): ResourceType {
  return {
    type: definition.type,
    understands: definition.understands ?? [],
    create: async (properties, context) => {
      const parsed = definition.properties.safeParse(properties ?? {});
      if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
      return definition.create(parsed.data, context);
    },
  };
}

/** `Stack-LogicalId-RANDOM`, as CloudFormation names what the template does not name. */
export function generatedName(context: ResourceContext, maxLength = 255): string {
  const tail = newSuffix(12);
  return `${`${context.stackName}-${context.logicalId}`.slice(0, maxLength - tail.length - 1)}-${tail}`;
}
