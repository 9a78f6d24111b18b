import { currentKernel } from '../kernel/current';

/** node:timers/promises */
export function setTimeout(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    const kernel = currentKernel();
    kernel.schedule(Math.max(1, delayMs), () => {
      kernel.stir();
      resolve();
    });
  });
}
