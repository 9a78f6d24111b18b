import { isDeepStrictEqual } from 'node:util';
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
  /** The resource's `UpdatePolicy`, if any. */
  readonly updatePolicy: unknown;
  /** For people who wait for it. */
  readonly progress: (line: string) => void;
  /** The file that a template's S3 location means. */
  asset(bucketName: string, objectKey: string): FileAsset;
}

export interface ResourceType {
  readonly type: string;
  /** Attributes besides Properties that this type understands (`UpdatePolicy`). */
  readonly understands: readonly string[];
  create(properties: unknown, context: ResourceContext): Promise<Provisioned>;
  /** In place; a change that AWS makes by a replacement is refused. Absent: the lab knows no update of this type. */
  readonly update?: (properties: unknown, old: Existing, context: ResourceContext) => Promise<Provisioned>;
  /** Absent: the lab cannot delete it. */
  readonly remove?: (existing: Provisioned, context: ResourceContext) => Promise<void>;
}

/** A resource as it was last made or updated. */
export interface Existing<P = unknown> extends Provisioned {
  readonly properties: P;
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
  readonly update?: (
    properties: z.output<S>,
    old: Existing<z.output<S>>,
    context: ResourceContext,
  ) => Promise<Provisioned> | Provisioned;
  readonly remove?: (existing: Provisioned, context: ResourceContext) => Promise<void> | void;
}): ResourceType {
  const { type, understands = [], create, update, remove } = definition;
  const parse = (properties: unknown): z.output<S> => {
    const parsed = definition.properties.safeParse(properties ?? {});
    if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
    return parsed.data;
  };
  return {
    ...{ type, understands },
    create: async (properties, context) => create(parse(properties), context),
    ...(update && {
      update: async (properties, old, context) =>
        update(parse(properties), { ...old, properties: parse(old.properties) }, context),
    }),
    ...(remove && { remove: async (existing, context) => remove(existing, context) }),
  };
}

/** @throws Error when properties other than `changeable` differ: AWS would replace the resource, or refuse. */
export function onlyChanges<P extends object>(properties: P, old: P, changeable: readonly (keyof P)[]): void {
  const keys = new Set([...Object.keys(properties), ...Object.keys(old)]) as Set<keyof P>;
  const others = [...keys].filter((key) => !isDeepStrictEqual(properties[key], old[key]) && !changeable.includes(key));
  if (others.length > 0) throw new Error(`the lab does not know how to change ${others.join(', ')}`);
}

/** `Stack-LogicalId-RANDOM`, as CloudFormation names what the template does not name. */
export function generatedName(context: ResourceContext, maxLength = 255): string {
  const tail = newSuffix(12);
  return `${`${context.stackName}-${context.logicalId}`.slice(0, maxLength - tail.length - 1)}-${tail}`;
}
