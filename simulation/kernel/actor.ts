/** The process that asked is dead: what it asked for is never answered, and nobody acts on this. */
export class ProcessEnded extends Error {
  override readonly name = 'ProcessEnded';
}

/**
 * One simulated process of Holdfast: an agent, or one invocation of the health checker. Everything it does to the world
 * goes through operations; between any two of them it can be stopped for a while, or for good.
 */
export class Actor {
  isAlive = true;
  pausedUntil = 0;
  /** When the last pause ended, and how long it lasted. */
  lastPause = { endedAt: -Infinity, lasted: 0 };
  /** Operations begun so far. */
  operations = 0;
  /** Asked before each operation takes effect, and after: a test ends the process there. */
  interrupt: ((what: string, when: 'before' | 'after') => void) | undefined;
  /** How fast its monotonic clock runs. */
  clockRate = 1;
  /** By how much its wall clock is off, milliseconds. */
  wallOffsetMs = 0;

  constructor(
    /** For example `a.3`: the third agent of slot a. */
    readonly name: string,
    /** Where it is in the network: a slot's machine, or `lambda`. */
    readonly host: string,
  ) {}
}
