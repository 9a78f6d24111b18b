import { z } from 'zod';

/** CloudFormation takes numbers and truth values as text and text as either. */
export const text = z.union([z.string(), z.number().transform(String), z.boolean().transform(String)]);
export const integer = z.union([
  z.number().int(),
  z
    .string()
    .regex(/^-?\d+$/)
    .transform(Number),
]);
export const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((value) => value === 'true')]);

export const tags = z
  .array(z.strictObject({ Key: text, Value: text }))
  .default([])
  .transform((list): Readonly<Record<string, string>> =>
    Object.fromEntries(list.map(({ Key, Value }) => [Key, Value])),
  );

/** A property that is accepted and has no effect in the lab; each use says why in a comment. */
export const withoutEffect = z.unknown().optional();
