import type { SlotEvidence } from './evidence';
import { bytesBetween, parseLsn } from './lsn';
import { slotOf } from './member';
import type { Policy } from './policy';
import type { SteadyRecord } from './record';

/** What the zone's records should say for a steady record. */
export interface EndpointPlan {
  /** Value of the guard: the record's version at which the writer's address last changed. Only ever grows. */
  readonly guardVersion: number;
  readonly writerAddress: string;
  /** Addresses of standbys that stream within the lag limit; the primary's when there is none. Sorted. */
  readonly readerAddresses: readonly string[];
}

/** `record` is the one just read: a stale one yields a stale guard, and Route 53 refuses the batch as a whole. */
export function planEndpoints(record: SteadyRecord, slots: readonly SlotEvidence[], policy: Policy): EndpointPlan {
  const primary = slots.find((each) => each.slot === slotOf(record.primary.member))?.status;
  const written = primary?.postgres.lsn ?? null;
  const readers = slots
    .filter((each) => isReader(each, record, policy, written))
    .map((each) => each.status?.address)
    .filter((address) => address !== undefined);
  return {
    guardVersion: record.endpointVersion,
    writerAddress: record.primary.address,
    readerAddresses: readers.length === 0 ? [record.primary.address] : [...readers].sort(),
  };
}

function isReader(evidence: SlotEvidence, record: SteadyRecord, policy: Policy, written: string | null): boolean {
  const { status } = evidence;
  if (status === undefined || evidence.statusAgeMs === null || evidence.statusAgeMs > policy.statusFreshMs)
    return false;
  if (status.leaving || status.member === record.primary.member) return false;
  const { postgres } = status;
  if (!postgres.streaming || postgres.lsn === null || !postgres.doorOpen) return false;
  return written === null || bytesBetween(parseLsn(postgres.lsn), parseLsn(written)) <= policy.readerLagBytes;
}
