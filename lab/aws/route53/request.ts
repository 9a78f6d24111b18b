import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { AwsError, NotEmulatedError } from '../gateway/aws-error';
import { RECORD_TYPES, normalizeName, type RecordType } from './record';
import type { Change } from './zone';

const recordSchema = z.strictObject({
  Name: z.string(),
  Type: z.string(),
  TTL: z.coerce.number().int().min(0).max(2_147_483_647),
  ResourceRecords: z.object({ ResourceRecord: z.array(z.object({ Value: z.string() })).min(1) }),
});

const requestSchema = z.object({
  ChangeResourceRecordSetsRequest: z.object({
    ChangeBatch: z.object({
      Comment: z.string().optional(),
      Changes: z.object({
        Change: z
          .array(z.object({ Action: z.enum(['CREATE', 'DELETE', 'UPSERT']), ResourceRecordSet: recordSchema }))
          .min(1)
          .max(1000),
      }),
    }),
  }),
});

const LISTS = new Set(['Change', 'ResourceRecord']);
const parser = new XMLParser({
  ignoreDeclaration: true,
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: true,
  isArray: (name) => LISTS.has(name),
});

/** The body of ChangeResourceRecordSets. Alias, weighted and other routing policies are refused, never half understood. */
export function parseChanges(body: string): readonly Change[] {
  const parsed = requestSchema.safeParse(parser.parse(body));
  if (!parsed.success) {
    throw new AwsError('InvalidInput', `The change batch is not understood: ${z.prettifyError(parsed.error)}`);
  }
  return parsed.data.ChangeResourceRecordSetsRequest.ChangeBatch.Changes.Change.map(
    ({ Action: action, ResourceRecordSet: record }) => ({
      action,
      record: {
        name: normalizeName(record.Name),
        type: parseType(record.Type),
        ttlSeconds: record.TTL,
        values: record.ResourceRecords.ResourceRecord.map(({ Value: value }) => value),
      },
    }),
  );
}

export function parseType(type: string): RecordType {
  const known = RECORD_TYPES.find((candidate) => candidate === type);
  if (known === undefined) throw new NotEmulatedError(`records of type ${type}`);
  return known;
}
