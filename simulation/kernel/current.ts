import type { Kernel } from './kernel';

let kernel: Kernel | undefined;

/** The world that is being lived through: one at a time in a process. */
export function currentKernel(): Kernel {
  if (kernel === undefined) throw new Error('No simulation is running.');
  return kernel;
}

export function setCurrentKernel(next: Kernel | undefined): void {
  kernel = next;
}
