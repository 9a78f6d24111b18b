import { HoldfastPropError } from './prop-error';

/** One: no failover. Even counts survive no more failures than one slot fewer. */
const ALLOWED_COUNTS = [1, 3, 5];

/** Every name that a slot may ever have, however many there are now. */
export const ALL_SLOT_NAMES: readonly string[] = [...'abcde'];

/** `a`, `b`, `c` … */
export function slotNames(count: number): readonly string[] {
  if (!ALLOWED_COUNTS.includes(count)) {
    throw new HoldfastPropError('slots', count, '1, 3 or 5');
  }
  return ALL_SLOT_NAMES.slice(0, count);
}
