import * as z from 'zod';
import { guarantee as normalized, sameGuarantee } from '../../core/guarantee';
import { type ClusterRecord, isInitialized } from '../../core/record';
import { encodeEntry, lineage } from './lineage';
import { parseAs } from './parse';
import { address, member, positive, slot, systemId, text, whole } from './scalars';

/**
 * Raised when a program that does not know the new fields would do harm by writing the record without them. Such a
 * program then finds the record malformed and keeps its hands off.
 */
export const RECORD_FORMAT = 1;

const written = z.object({
  format: z.literal(RECORD_FORMAT, {
    error: (issue) => `this program knows format ${RECORD_FORMAT}, the record has ${String(issue.input)}`,
  }),
});

const guarantee = z.object({ primary: member, standbys: z.array(member), acks: whole }).transform((given, context) => {
  try {
    const built = normalized(given.primary, given.standbys, given.acks);
    if (built.standbys.length === given.standbys.length && sameGuarantee(built, given)) return built;
    context.addIssue({ code: 'custom', message: 'standbys must be unique, and empty exactly when acks is 0' });
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
  return z.NEVER;
});

const election = z.object({
  reason: text,
  deposed: member,
  suspectedAtMs: whole,
  convictedAtMs: whole,
  chosenAtMs: whole.exactOptional(),
  favoured: member.exactOptional(),
  acceptsLoss: z.literal(true).exactOptional(),
  lossy: z.literal(true).exactOptional(),
});

const switchover = z.object({
  to: member.exactOptional(),
  by: z.enum(['operator', 'leaving', 'full-disk']),
  requestedAtMs: whole,
});

const place = z.object({ member, address });
const base = { epoch: text, version: positive, term: positive, paused: z.boolean() };
const initialized = {
  ...base,
  systemId,
  guarantees: z.array(guarantee).min(1),
  lineage,
  endpointVersion: positive,
};

const record = z.discriminatedUnion('phase', [
  z.object({ ...base, phase: z.literal('bootstrapping'), bootstrapSlot: slot }),
  z.object({
    ...initialized,
    phase: z.literal('steady'),
    primary: place,
    election: election.extend({ chosenAtMs: whole, promotedAtMs: whole }).exactOptional(),
    switchover: switchover.exactOptional(),
  }),
  z.object({ ...initialized, phase: z.literal('electing'), election }),
  z.object({ ...initialized, phase: z.literal('promoting'), primary: place, election }),
]);

/** @throws MalformedItemError */
export function decodeRecord(value: unknown, what = 'The record'): ClusterRecord {
  parseAs(written, what, value);
  return parseAs(record, what, value);
}

/** Plain data without bigint: for the register, and for the agents' own durable copy. */
export function encodeRecord(record: ClusterRecord): Record<string, unknown> {
  return isInitialized(record)
    ? { format: RECORD_FORMAT, ...record, lineage: record.lineage.map(encodeEntry) }
    : { format: RECORD_FORMAT, ...record };
}
