import { setTimeout as pause } from 'node:timers/promises';

export interface WaitOptions {
  /** What is awaited, for the error. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly everyMs?: number;
}

/** What was awaited did not come within its bound. */
export class WaitedInVain extends Error {
  override readonly name = 'WaitedInVain';
}

/** Looks again until `look` gives something. @throws WaitedInVain naming `what` after the bound, and what `look` throws. */
export async function waitFor<T>(look: () => Promise<T | undefined> | T | undefined, options: WaitOptions): Promise<T> {
  const deadline = Date.now() + options.timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new WaitedInVain(`${options.what}: not so after ${options.timeoutMs / 1000} s.`);
    await pause(options.everyMs ?? 20);
  }
}
