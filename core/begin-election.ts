import type { Election, ElectingRecord, PromotingRecord, SteadyRecord } from './record';

/**
 * The record that begins an election: the next term, without a primary, and with the guarantees as they are, which the
 * write freezes. Of a switchover that was wished for nothing stays but what `election` says: the wish belonged to the
 * primary that is deposed. That a loss was accepted since the last steady term stays known.
 */
export function beginElection(
  record: SteadyRecord | PromotingRecord,
  election: Omit<Election, 'deposed' | 'chosenAtMs' | 'lossy'>,
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
    election: {
      ...election,
      ...(record.phase === 'promoting' && record.election.lossy === true ? { lossy: true } : {}),
      deposed: record.primary.member,
    },
  };
}
