import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresTimeout } from './errors';

/** How long to wait for a condition. */
export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export const DEFAULT_WAIT_MS = 10_000;
const POLL_MS = 5;

/**
 * Asks `condition` again and again until it holds (answers neither false nor undefined), every few milliseconds, at
 * least once; its answer.
 *
 * @throws PostgresTimeout naming `what`; the signal's reason; and what `condition` throws.
 */
export async function until<T>(
  what: string,
  options: WaitOptions,
  condition: () => Promise<T | false | undefined>,
  pollMs = POLL_MS,
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_WAIT_MS;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const answer = await condition();
    if (answer !== false && answer !== undefined) return answer;
    if (performance.now() >= deadline) throw new PostgresTimeout(`Waited ${timeoutMs} ms in vain for ${what}.`);
    await sleep(pollMs);
  }
}
