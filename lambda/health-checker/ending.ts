import type { Clock } from '../../coordinator/clock';
import { TIMING } from '../../coordinator/timing';

export type Ending = 'overtaken' | 'out of time';

/**
 * When an invocation ends: when a newer one has taken over and no failover that this one has seen is half told, or when
 * its time is up, whatever happens then. Starts of a one-minute schedule can lie almost two minutes apart, so it does
 * not end for any other reason.
 */
export function ending(
  clock: Clock,
  remainingMs: number,
  overlap: { readonly isOvertaken: boolean },
  loop: { readonly isBusy: boolean },
): () => Ending | undefined {
  const lastMs = clock.monotonicMs() + Math.min(TIMING.invocationMs, remainingMs - TIMING.lastMomentsMs);
  return () => {
    if (clock.monotonicMs() >= lastMs) return 'out of time';
    return overlap.isOvertaken && !loop.isBusy ? 'overtaken' : undefined;
  };
}
