import { guarantee } from '../../../core/guarantee';
import { ZERO_LSN } from '../../../core/lsn';
import { newMember, parseSlot } from '../../../core/member';
import type { BootstrappingRecord, ElectingRecord, PromotingRecord, SteadyRecord } from '../../../core/record';

export const [a, b, c] = [parseSlot('a'), parseSlot('b'), parseSlot('c')];
export const SLOTS = [a, b, c] as const;
export const MEMBER = {
  a: newMember(a, 'aaaaaaaa'),
  b: newMember(b, 'bbbbbbbb'),
  c: newMember(c, 'cccccccc'),
} as const;
export const ADDRESS = { a: '10.0.0.10', b: '10.0.1.10', c: '10.0.2.10' } as const;

const initialized = {
  epoch: 'epoch',
  version: 5,
  paused: false,
  systemId: '7412345678901234567',
  guarantees: [guarantee(MEMBER.a, [MEMBER.b, MEMBER.c], 1)],
  lineage: [{ timeline: 1, term: 1, member: MEMBER.a, forkLsn: ZERO_LSN, firstRecord: '' }],
  endpointVersion: 5,
};

const election = {
  reason: 'primary-host-silent',
  deposed: MEMBER.a,
  suspectedAtMs: 1_000,
  convictedAtMs: 2_000,
};

export function bootstrapping(changes: Partial<BootstrappingRecord> = {}): BootstrappingRecord {
  return { epoch: 'epoch', version: 1, term: 1, paused: false, phase: 'bootstrapping', bootstrapSlot: a, ...changes };
}

/** Slot a is primary of term 1; slot b of every later one. */
export function steady(term: number, changes: Partial<SteadyRecord> = {}): SteadyRecord {
  if (term === 1) {
    return { ...initialized, phase: 'steady', term, primary: { member: MEMBER.a, address: ADDRESS.a }, ...changes };
  }
  const primary = { member: MEMBER.b, address: ADDRESS.b };
  const past = { ...election, chosenAtMs: 3_000, promotedAtMs: 4_000 };
  return { ...initialized, phase: 'steady', term, primary, election: past, ...changes };
}

export function electing(term: number, changes: Partial<ElectingRecord> = {}): ElectingRecord {
  return { ...initialized, phase: 'electing', term, election, ...changes };
}

export function promoting(term: number, changes: Partial<PromotingRecord> = {}): PromotingRecord {
  return {
    ...initialized,
    phase: 'promoting',
    term,
    primary: { member: MEMBER.b, address: ADDRESS.b },
    election: { ...election, chosenAtMs: 3_000 },
    ...changes,
  };
}
