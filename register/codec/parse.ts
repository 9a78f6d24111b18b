import type * as z from 'zod';
import { MalformedItemError } from '../errors';

/** Parses what came from outside. @throws MalformedItemError that names every wrong field. */
export function parseAs<Schema extends z.ZodType>(schema: Schema, what: string, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new MalformedItemError(what, result.error.issues.map(problem));
}

/** The same for text that should be JSON. */
export function parseJsonAs<Schema extends z.ZodType>(schema: Schema, what: string, text: string): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new MalformedItemError(what, [error instanceof Error ? error.message : 'not JSON']);
  }
  return parseAs(schema, what, value);
}

function problem(issue: z.core.$ZodIssue): string {
  const complaint = issue.message.replace(/\.$/, '');
  const path = issue.path.map((key, at) =>
    typeof key === 'number' ? `[${key}]` : `${at > 0 ? '.' : ''}${String(key)}`,
  );
  return path.length === 0 ? complaint : `${path.join('')}: ${complaint}`;
}
