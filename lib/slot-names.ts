import { HoldfastPropError } from './prop-error';

/** One: no failover. Even counts survive no more failures than one slot fewer. */
const ALLOWED_COUNTS = [1, 3, 5];

/** `a`, `b`, `c` … */
export function slotNames(count: number): readonly string[] {
  if (!ALLOWED_COUNTS.includes(count)) {
    throw new HoldfastPropError('slots', count, '1, 3 or 5');
  }
  return [...'abcde'].slice(0, count);
}
