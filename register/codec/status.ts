import * as z from 'zod';
import type { NodeStatus } from '../../core/status';
import { parseJsonAs } from './parse';
import { address, lsnText, member, positive, slot, text, whole } from './scalars';

const ageMs = z.number().nonnegative();

const ancestor = z.object({ timeline: positive, forkLsn: lsnText, firstRecord: z.string() });

const postgres = z.object({
  state: z.enum(['absent', 'down', 'starting', 'frozen', 'refusing', 'up']),
  stateForMs: ageMs,
  inRecovery: z.boolean().nullable(),
  timeline: positive.nullable(),
  lsn: lsnText.nullable(),
  receivedLsn: lsnText.nullable(),
  ancestry: z.array(ancestor),
  fedAgeMs: ageMs.nullable(),
  streaming: z.boolean(),
  doorOpen: z.boolean(),
  localWriteAgeMs: ageMs.nullable(),
  quorumAgeMs: ageMs.nullable(),
});

const disk = z.object({
  answerAgeMs: ageMs,
  volume: z.object({ totalBytes: whole, freeBytes: whole, space: z.enum(['ample', 'tight', 'full']) }).nullable(),
});

const status = z.object({
  cluster: text,
  slot,
  instanceId: text,
  address,
  member: member.nullable(),
  activity: z.string(),
  role: z.enum(['none', 'standby', 'primary']),
  healthy: z.boolean(),
  reason: z.string().nullable(),
  record: z.object({ version: positive, term: positive, epoch: text, ageMs }).nullable(),
  pledgedTerm: whole,
  postgres,
  disk: disk.nullable(),
  leaving: z.boolean(),
  coordinating: z.boolean().exactOptional(),
  leavingForMs: ageMs.exactOptional(),
  loopLateMs: ageMs,
});

/** Reads an agent's page. @throws MalformedItemError */
export function parseNodeStatus(json: string, what: string): NodeStatus {
  return parseJsonAs(status, what, json);
}
