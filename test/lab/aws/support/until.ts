import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for a condition; the test's own time limit ends a wait for what never comes. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(2);
}
