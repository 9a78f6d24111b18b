import type { Election, ElectingRecord, PromotingRecord, SteadyRecord } from './record';

/**
 * The record that begins an election: the next term, without a primary, and with the guarantees as they are, which the
 * write freezes. Of a switchover that was wished for nothing stays but what `election` says: the wish belonged to the
 * primary that is deposed.
 */
export function beginElection(
  record: SteadyRecord | PromotingRecord,
  election: Omit<Election, 'deposed' | 'chosenAtMs'>,
): ElectingRecord {
  return {
    epoch: record.epoch,
    version: record.version + 1,
    term: record.term + 1,
    paused: record.paused,
    systemId: record.systemId,
    guarantees: record.guarantees,
    lineage: record.lineage,
    endpointVersion: record.endpointVersion,
    phase: 'electing',
    election: { ...election, deposed: record.primary.member },
  };
}
