import { isInitialized, type ClusterRecord } from './record';
import { slotOf, type Slot } from './member';

/**
 * The slots to look after: those that the owner chose, and those that the record still names. A slot that is taken away
 * counts until its node has left the guarantee: without its pledge an election could not be finished.
 */
export function watchedSlots(chosen: readonly Slot[], record: ClusterRecord | undefined): readonly Slot[] {
  const named = record === undefined || !isInitialized(record) ? [] : record.guarantees;
  const members = named.flatMap(({ primary, standbys }) => [primary, ...standbys]);
  return [...new Set([...chosen, ...members.map(slotOf)])].sort();
}

/**
 * The slots of `slots` that the register does not count on: no one of theirs is the primary or named by the guarantee,
 * at rest. While a guarantee changes, or the record is not steady, it counts on nobody for certain.
 *
 * @param acks of the settings: with 0 nobody is ever named, and so nobody is missed in a steady record.
 */
export function uncounted(record: ClusterRecord | undefined, slots: readonly Slot[], acks: number): readonly Slot[] {
  if (record?.phase !== 'steady') return slots;
  const [guarantee, ...more] = record.guarantees;
  if (guarantee === undefined || more.length > 0) return slots;
  if (acks === 0) return [];
  const counted = [guarantee.primary, ...guarantee.standbys].map(slotOf);
  return slots.filter((slot) => !counted.includes(slot));
}
