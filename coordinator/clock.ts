import { performance } from 'node:perf_hooks';

/** Time, as the shell sees it; tests bring their own. */
export interface Clock {
  /** Never jumps. Every age is measured by it. */
  monotonicMs(): number;
  /** Milliseconds since 1970. Only told to people, never compared. */
  wallMs(): number;
  /** Resolves after `durationMs`, or at once when `cut` is aborted. Never rejects. */
  sleep(durationMs: number, cut?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  sleep: (durationMs, cut) =>
    new Promise((resolve) => {
      if (cut?.aborted === true) return resolve();
      const end = () => {
        clearTimeout(timer);
        cut?.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, durationMs);
      cut?.addEventListener('abort', end, { once: true });
    }),
};
