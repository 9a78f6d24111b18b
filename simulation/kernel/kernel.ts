import { ProcessEnded, type Actor } from './actor';
import { Queue, type Event } from './queue';
import { Random } from './random';

/** How an operation goes: when it takes effect after it was asked for, and when its answer is there after that, milliseconds. */
export interface Course {
  readonly beforeMs: number;
  readonly afterMs: number;
}

const AT_ONCE: Course = { beforeMs: 0, afterMs: 0 };

/**
 * Time and chance of one simulated world. Nothing happens by itself: every timer and every answer from outside is an
 * event here, and between two events all JavaScript that can run has run. So one seed gives one history.
 */
export class Kernel {
  now = 0;
  readonly random: Random;
  private readonly queue = new Queue();
  /** Something was resolved: code that waited for it runs before the next event. */
  private isStirred = false;
  private failure: Error | undefined;

  constructor(readonly seed: number) {
    this.random = new Random(seed);
  }

  schedule(delayMs: number, run: () => void): Event {
    return this.queue.add(this.now + Math.max(0, delayMs), run);
  }

  /** Code that was waiting can go on. */
  stir(): void {
    this.isStirred = true;
  }

  /** Ends the run: a violation, or a defect of the simulation itself. */
  fail(error: Error): void {
    this.failure ??= error;
  }

  /** Lets things happen until `isOver` or until that time. @throws what {@link fail} was told */
  async run(untilMs: number, isOver: () => boolean = () => false): Promise<void> {
    await settled();
    while (!isOver() && this.queue.nextAt <= untilMs) {
      const event = this.queue.take();
      if (event?.run === undefined) continue;
      this.now = Math.max(this.now, event.at);
      event.run();
      if (this.isStirred) {
        this.isStirred = false;
        await settled();
      }
      if (this.failure !== undefined) throw this.failure;
    }
    if (this.failure !== undefined) throw this.failure;
    this.now = Math.max(this.now, Math.min(untilMs, this.queue.nextAt));
  }

  /**
   * Something that `actor` does to the world. It takes effect once, also when nobody is left to see it: only a process
   * that was dead before that has done nothing. While the process is stopped nothing begins and no answer arrives.
   */
  operate<T>(actor: Actor, what: string, effect: () => T, course: Course = AT_ONCE): Promise<T> {
    actor.operations += 1;
    return new Promise<T>((resolve, reject) => {
      const settle = (done: () => void): void => {
        this.stir();
        done();
      };
      const ended = (): void => settle(() => reject(new ProcessEnded(`${actor.name} has ended.`)));
      const begin = (): void => {
        if (!actor.isAlive) return ended();
        if (actor.pausedUntil > this.now) return void this.schedule(actor.pausedUntil - this.now, begin);
        actor.interrupt?.(what, 'before');
        if (!actor.isAlive) return ended();
        let answer: () => void;
        try {
          const value = effect();
          answer = () => resolve(value);
        } catch (error) {
          const failure = error instanceof Error ? error : new Error(String(error));
          answer = () => reject(failure);
        }
        actor.interrupt?.(what, 'after');
        const finish = (): void => {
          if (!actor.isAlive) return ended();
          if (actor.pausedUntil > this.now) return void this.schedule(actor.pausedUntil - this.now, finish);
          settle(answer);
        };
        if (course.afterMs > 0) this.schedule(course.afterMs, finish);
        else finish();
      };
      if (course.beforeMs > 0) this.schedule(course.beforeMs, begin);
      else begin();
    });
  }
}

/** All code that can run has run: promises do not wait for anything outside. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
