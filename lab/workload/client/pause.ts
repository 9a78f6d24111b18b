import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves after the time, or at once when the signal says that the run is over. */
export async function pause(milliseconds: number, over: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal: over });
  } catch (error) {
    if (!over.aborted) throw error;
  }
}
