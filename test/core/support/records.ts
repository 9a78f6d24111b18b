import { guarantee, type Guarantee } from '../../../core/guarantee';
import type { Ancestor, Lineage, LineageEntry } from '../../../core/lineage';
import type { Lsn } from '../../../core/lsn';
import { newMember, type Member, type Slot } from '../../../core/member';
import type { Pledge } from '../../../core/pledge';
import type { BootstrappingRecord, ElectingRecord, PromotingRecord, SteadyRecord } from '../../../core/record';

/** The first incarnations of five slots, and a later one of the first. */
export const [A, B, C, D, E] = ['a', 'b', 'c', 'd', 'e'].map((slot) => newMember(slot as Slot, '00000001')) as [
  Member,
  Member,
  Member,
  Member,
  Member,
];
export const LATER_A = newMember('a' as Slot, '00000002');

export function at(position: number): Lsn {
  return BigInt(position) as Lsn;
}

export function addressOf(member: Member): string {
  return `10.0.0.${member.charCodeAt(0) - 96}`;
}

export const SYSTEM_ID = '7500000000000000001';

/** Timeline 1 is initdb's; each further one is `[timeline, fork]`, its first record named after it unless told. */
export function chain(...forks: readonly (readonly [number, number, string?])[]): Lineage {
  return [[1, 0, ''] as const, ...forks].map(([timeline, fork, firstRecord]): LineageEntry => ({
    timeline,
    term: timeline,
    member: A,
    forkLsn: at(fork),
    firstRecord: firstRecord ?? `first of ${timeline}`,
  }));
}

/** What a member says that went through exactly these timelines. */
export function through(...forks: readonly (readonly [number, number, string?])[]): readonly Ancestor[] {
  return chain(...forks).map(({ timeline, forkLsn, firstRecord }) => ({ timeline, forkLsn, firstRecord }));
}

export function pledge(member: Member, end: number, overrides: Partial<Pledge> = {}): Pledge {
  return {
    member,
    term: 2,
    endLsn: at(end),
    ancestry: through(),
    electable: true,
    address: addressOf(member),
    ...overrides,
  };
}

const BASE = { epoch: 'epoch-1', version: 7, paused: false, systemId: SYSTEM_ID, endpointVersion: 3 } as const;

export function bootstrapping(overrides: Partial<BootstrappingRecord> = {}): BootstrappingRecord {
  const { epoch, paused } = BASE;
  return { epoch, version: 1, term: 1, paused, phase: 'bootstrapping', bootstrapSlot: 'a' as Slot, ...overrides };
}

/** Primary a, standbys b and c, one of which confirms. */
export function steady(overrides: Partial<SteadyRecord> = {}): SteadyRecord {
  const primary = overrides.primary?.member ?? A;
  const others = [A, B, C].filter((member) => member !== primary);
  return {
    ...BASE,
    term: 1,
    phase: 'steady',
    primary: { member: primary, address: addressOf(primary) },
    guarantees: [guarantee(primary, others, 1)],
    lineage: chain(),
    ...overrides,
  };
}

/** The election that deposes a. */
export function electing(overrides: Partial<ElectingRecord> = {}): ElectingRecord {
  return {
    ...BASE,
    term: 2,
    phase: 'electing',
    guarantees: [guarantee(A, [B, C], 1)],
    lineage: chain(),
    election: { reason: 'primary-host-silent', deposed: A, suspectedAtMs: 0, convictedAtMs: 0 },
    ...overrides,
  };
}

/** b was chosen after a. */
export function promoting(overrides: Partial<PromotingRecord> = {}): PromotingRecord {
  const frozen: readonly Guarantee[] = [guarantee(A, [B, C], 1), guarantee(B, [C], 1)];
  return {
    ...electing(),
    version: 8,
    phase: 'promoting',
    primary: { member: B, address: addressOf(B) },
    guarantees: frozen,
    ...overrides,
  };
}
