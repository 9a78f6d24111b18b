import type { Guarantee } from '../core/guarantee';
import { slotOf } from '../core/member';
import { any } from './format';

/** A guarantee in words. */
export function guaranteeText({ primary, standbys, acks }: Guarantee): string {
  if (acks === 0) return `every commit is on ${slotOf(primary)} alone`;
  const others = standbys.map(slotOf);
  const which = acks === others.length ? others.join(' and ') : `${acks} of ${others.join(', ')}`;
  return `every commit is on ${slotOf(primary)} and on ${which}`;
}

/** Of several in force, each commit keeps one; which, nobody knows. */
export function guaranteesText(guarantees: readonly Guarantee[]): string {
  return any(guarantees.map(guaranteeText));
}
