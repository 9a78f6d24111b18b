import type { Slot } from '../core/member';
import { TABLE } from '../core/names';
import type { Key } from './table';

export const RECORD_KEY: Key = { partition: TABLE.clusterPartition, sort: TABLE.recordSort };
export const CA_KEY: Key = { partition: TABLE.clusterPartition, sort: TABLE.caSort };
export const BEAT_KEY: Key = { partition: TABLE.coordinatorPartition, sort: TABLE.beatSort };

export const VIEW_KEY: Key = { partition: TABLE.coordinatorPartition, sort: TABLE.viewSort };

export function pledgeKey(slot: Slot): Key {
  return { partition: `${TABLE.nodePartitionPrefix}${slot}`, sort: TABLE.pledgeSort };
}

export function reportKey(slot: Slot): Key {
  return { partition: `${TABLE.nodePartitionPrefix}${slot}`, sort: TABLE.reportSort };
}

/** Padded, so that the order of the text is the order of the terms. */
export function eventKey(term: number): Key {
  return { partition: TABLE.clusterPartition, sort: `${TABLE.eventSortPrefix}${String(term).padStart(12, '0')}` };
}

/** In the order of time. The random part keeps two operations of one millisecond apart. */
export function operationKey(atMs: number, random: string): Key {
  return {
    partition: TABLE.clusterPartition,
    sort: `${TABLE.operationSortPrefix}${String(atMs).padStart(15, '0')}#${random}`,
  };
}
