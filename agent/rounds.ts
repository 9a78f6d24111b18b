import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from './log';

const RETRY_MS = 2_000;
const AFTER_FAILURE_MS = 10_000;

/** Tries until it works; what stands in the way is logged when it changes. */
export async function insist<T>(
  log: Log,
  what: string,
  attempt: () => Promise<T>,
  tell?: (obstacle: string) => void,
): Promise<T> {
  let last = '';
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (String(error) !== last) log.error('not-yet', error, { what });
      last = String(error);
      tell?.(`${what}: ${error instanceof Error ? error.message : last}`);
      await pause(RETRY_MS);
    }
  }
}

/** Repeats for ever; after a failure the next round comes sooner. */
export function every(log: Log, periodMs: number, what: string, work: () => Promise<unknown>): void {
  const round = async (): Promise<void> => {
    let pauseMs = periodMs;
    try {
      await work();
    } catch (error) {
      log.error('round-failed', error, { what });
      pauseMs = Math.min(periodMs, AFTER_FAILURE_MS);
    }
    setTimeout(() => void round(), pauseMs).unref();
  };
  void round();
}
