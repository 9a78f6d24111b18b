import type { CoordinatorSnapshot, SlotEvidence } from '../../../core/evidence';
import { formatLsn } from '../../../core/lsn';
import { slotOf, type Member } from '../../../core/member';
import { DEFAULT_POLICY } from '../../../core/policy';
import type { ClusterRecord } from '../../../core/record';
import type { NodeReport, NodeStatus, PostgresStatus } from '../../../core/status';
import { A, addressOf, at, B, C, steady } from './records';

const LONG_AGO_MS = 3_600_000;

export function status(
  member: Member,
  overrides: Partial<Omit<NodeStatus, 'postgres'>> & { readonly postgres?: Partial<PostgresStatus> } = {},
): NodeStatus {
  const { postgres, ...rest } = overrides;
  const role = rest.role ?? 'standby';
  const isPrimary = role === 'primary';
  return {
    cluster: 'orders',
    slot: slotOf(member),
    instanceId: `i-${member}`,
    address: addressOf(member),
    member,
    activity: isPrimary ? 'serving' : 'following',
    role,
    healthy: true,
    reason: null,
    record: { version: 7, term: 1, epoch: 'epoch-1', ageMs: 100 },
    pledgedTerm: 1,
    disk: { answerAgeMs: 500, volume: null },
    leaving: false,
    loopLateMs: 0,
    ...rest,
    postgres: {
      state: 'up',
      stateForMs: LONG_AGO_MS,
      inRecovery: !isPrimary,
      timeline: 1,
      lsn: formatLsn(at(0x5000000)),
      receivedLsn: isPrimary ? null : formatLsn(at(0x5000000)),
      ancestry: [{ timeline: 1, forkLsn: '0/0', firstRecord: '' }],
      fedAgeMs: isPrimary ? null : 200,
      streaming: !isPrimary,
      doorOpen: true,
      localWriteAgeMs: isPrimary ? 200 : null,
      quorumAgeMs: isPrimary ? 200 : null,
      ...postgres,
    },
  };
}

export function report(member: Member, overrides: Partial<NodeReport> = {}): NodeReport {
  return {
    slot: slotOf(member),
    address: addressOf(member),
    instanceId: `i-${member}`,
    member,
    hasHistory: true,
    ...overrides,
  };
}

/** A slot that has been watched for long and answered just now. */
export function seen(page: NodeStatus, overrides: Partial<SlotEvidence> = {}): SlotEvidence {
  const isPrimary = page.role === 'primary';
  return {
    slot: page.slot,
    report: report(A, { slot: page.slot, address: page.address, member: page.member }),
    status: page,
    statusAgeMs: 100,
    postgresAgeMs: 100,
    freshConnectionAgeMs: 1_000,
    localWriteAgeMs: isPrimary ? 300 : null,
    syncWriteAgeMs: isPrimary ? 300 : null,
    watchedMs: LONG_AGO_MS,
    ...overrides,
  };
}

export const primary = (page: Parameters<typeof status>[1] = {}, overrides: Partial<SlotEvidence> = {}): SlotEvidence =>
  seen(status(A, { role: 'primary', ...page }), overrides);

export const standby = (
  member: Member,
  page: Parameters<typeof status>[1] = {},
  overrides: Partial<SlotEvidence> = {},
): SlotEvidence => seen(status(member, page), overrides);

/** It does not answer, neither its agent nor its PostgreSQL, since so long. */
export const silentFor = (ms: number): Partial<SlotEvidence> => ({ statusAgeMs: ms, postgresAgeMs: ms });

/** No WAL has come since so long. */
export const unfedFor = (ms: number): { readonly postgres: Partial<PostgresStatus> } => ({
  postgres: { fedAgeMs: ms },
});

export function snapshot(
  slots: readonly SlotEvidence[] = [primary(), standby(B), standby(C)],
  record: ClusterRecord | undefined = steady(),
  overrides: Partial<CoordinatorSnapshot> = {},
): CoordinatorSnapshot {
  return {
    policy: DEFAULT_POLICY,
    wallClockMs: 1_000_000,
    loopLateMs: 0,
    record,
    phaseAgeMs: LONG_AGO_MS,
    slots,
    pledges: [],
    freshEpoch: 'epoch-2',
    ...overrides,
  };
}

/** The register holds nothing. */
export const emptyRegister = (slots: readonly SlotEvidence[]): CoordinatorSnapshot => ({
  ...snapshot(slots),
  record: undefined,
});
