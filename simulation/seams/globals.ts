import { currentKernel } from '../kernel/current';

/*
 * What the programs take from Node without importing it. The build gives these names to every file of the bundle, so that
 * timers and clocks are the simulation's.
 */

interface Timer {
  run: (() => void) | undefined;
  unref(): Timer;
  ref(): Timer;
}

function timer(delayMs: number | undefined, run: () => void, everyMs?: number): Timer {
  const made: Timer = { run, unref: () => made, ref: () => made };
  const fire = (): void => {
    if (made.run === undefined) return;
    const kernel = currentKernel();
    kernel.stir();
    if (everyMs !== undefined) kernel.schedule(everyMs, fire);
    made.run();
  };
  currentKernel().schedule(Math.max(1, delayMs ?? 1), fire);
  return made;
}

export function setTimeout(run: (...values: unknown[]) => void, delayMs?: number, ...values: unknown[]): Timer {
  return timer(delayMs, () => run(...values));
}

export function setInterval(run: () => void, everyMs: number): Timer {
  return timer(everyMs, run, Math.max(1, everyMs));
}

export function clearTimeout(made: Timer | undefined): void {
  if (made !== undefined) made.run = undefined;
}

export const clearInterval = clearTimeout;

export const performance = { now: () => currentKernel().now };

/** The real ones make an error with its stack each time, and an event: here thousands end every second. */
class Signal {
  aborted = false;
  reason: unknown;
  private readonly listeners = new Set<() => void>();

  static timeout(delayMs: number): Signal {
    const signal = new Signal();
    setTimeout(() => signal.end(new Error('The operation was aborted due to timeout')), delayMs);
    return signal;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.delete(listener);
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason as Error;
  }

  end(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const { listeners } = this;
    for (const listener of [...listeners]) listener();
    listeners.clear();
  }
}

export { Signal as AbortSignal };

export class AbortController {
  readonly signal = new Signal();

  abort(reason: unknown = new Error('This operation was aborted')): void {
    currentKernel().stir();
    this.signal.end(reason);
  }
}

const EPOCH_MS = Date.UTC(2026, 0, 1);

/** Wall time; nothing may depend on it. */
class SimulatedDate extends globalThis.Date {
  constructor(...values: unknown[]) {
    if (values.length === 0) super(EPOCH_MS + currentKernel().now);
    else super(...(values as [number]));
  }

  static override now(): number {
    return Math.floor(EPOCH_MS + currentKernel().now);
  }
}

export { SimulatedDate as Date };

/** Signals of the agent to PostgreSQL's processes. */
let killer: (pid: number, signal: string) => void = () => undefined;

export function onKill(kill: typeof killer): void {
  killer = kill;
}

export const process = {
  kill: (pid: number, signal: string) => killer(pid, signal),
  constrainedMemory: () => 0,
  env: {},
  // Asked by libraries when they are loaded.
  versions: { node: '20.0.0' },
  platform: 'linux',
  stdout: undefined,
  nextTick: (run: (...values: unknown[]) => void, ...values: unknown[]) => queueMicrotask(() => run(...values)),
};
