import { setTimeout as sleep } from 'node:timers/promises';
import { slotOf } from '../core/member';
import type { ClusterRecord, SteadyRecord } from '../core/record';
import { type Register, RegisterUnavailableError } from '../register';
import { duration } from './format';

const LOOK_EVERY_MS = 200;

export type Outcome =
  /** Somebody else is primary, or the same one again, in a newer term. */
  | { readonly kind: 'over'; readonly record: SteadyRecord; readonly tookMs: number }
  /** The wish was taken out of the record; the term is the old one. */
  | { readonly kind: 'given-up' }
  | { readonly kind: 'late'; readonly record: ClusterRecord | undefined };

export interface Follow {
  /** The record as the command left it. */
  readonly from: ClusterRecord;
  readonly giveUpMs: number;
  readonly note: (text: string) => void;
}

/** Watches the record until the election that a command began is over, and tells each step. */
export async function followElection(
  register: Pick<Register, 'readRecord'>,
  { from, giveUpMs, note }: Follow,
): Promise<Outcome> {
  const began = performance.now();
  let told = stepOf(from);
  let last: ClusterRecord | undefined = from;
  while (performance.now() - began < giveUpMs) {
    const record = await readPatiently(register);
    if (record !== undefined) {
      last = record;
      const step = stepOf(record);
      if (step !== told) note(`${duration(performance.now() - began).padStart(7)}  ${step}`);
      told = step;
      const hasBegun = from.phase === 'electing' || record.term > from.term;
      if (record.phase === 'steady' && hasBegun) {
        return { kind: 'over', record, tookMs: performance.now() - began };
      }
      if (record.phase === 'steady' && record.version > from.version && record.switchover === undefined) {
        return { kind: 'given-up' };
      }
    }
    await sleep(LOOK_EVERY_MS);
  }
  return { kind: 'late', record: last };
}

/** A register that does not answer for once says nothing about the election. */
async function readPatiently(register: Pick<Register, 'readRecord'>): Promise<ClusterRecord | undefined> {
  try {
    return await register.readRecord();
  } catch (error) {
    if (error instanceof RegisterUnavailableError) return undefined;
    throw error;
  }
}

export function stepOf(record: ClusterRecord): string {
  switch (record.phase) {
    case 'bootstrapping':
      return `the cluster is being made on ${record.bootstrapSlot}`;
    case 'steady': {
      const slot = slotOf(record.primary.member);
      return record.switchover === undefined
        ? `${slot} is primary (term ${record.term})`
        : `${slot} finishes its work and stops cleanly`;
    }
    case 'electing':
      return `term ${record.term}: waiting for pledges; ${slotOf(record.election.deposed)} was primary`;
    case 'promoting':
      return `term ${record.term}: ${slotOf(record.primary.member)} is being promoted`;
  }
}
