import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildWorld, type Change } from './build';
import { Thread } from './thread';
import type { Interruption, Outcome } from './world/interruption';
import type { Life } from './world/life';
import type { Task } from './world/worker';

/** A thread keeps a little of each world; a fresh one begins anew. */
const TASKS_PER_THREAD = 200;

/** The simulated world, built once, lived through in threads. */
export class Runner {
  private readonly directory = mkdtempSync(join(tmpdir(), 'holdfast-simulation-'));
  private readonly bundle = join(this.directory, 'world.cjs');

  private constructor() {
    // Made by `create`.
  }

  /** `changes`: to the sources, for this run only. */
  static async create(changes: readonly Change[] = []): Promise<Runner> {
    const runner = new Runner();
    try {
      await buildWorld(runner.bundle, changes);
    } catch (error) {
      runner.end();
      throw error;
    }
    return runner;
  }

  async live(seed: number, isTraced = false): Promise<Life> {
    return (await this.once({ kind: 'live', seed, isTraced })) as Life;
  }

  async scenarios(): Promise<readonly string[]> {
    return (await this.once({ kind: 'scenarios' })) as readonly string[];
  }

  async interrupt(interruption: Interruption): Promise<Outcome> {
    return (await this.once({ kind: 'interrupt', interruption })) as Outcome;
  }

  /** Lives through one seed after the other, `workers` at a time, until `onLife` has seen enough. */
  async liveMany(seeds: Iterator<number>, workers: number, onLife: (life: Life) => 'more' | 'enough'): Promise<void> {
    let isEnough = false;
    const next = (): Task | undefined => {
      const seed = isEnough ? undefined : seeds.next();
      return seed === undefined || seed.done === true ? undefined : { kind: 'live', seed: seed.value, isTraced: false };
    };
    await this.perform(next, workers, (life) => {
      // One that was under way when it was enough no longer counts.
      if (!isEnough && onLife(life as Life) === 'enough') isEnough = true;
    });
  }

  async interruptMany(
    interruptions: readonly Interruption[],
    workers: number,
    onOutcome: (interruption: Interruption, outcome: Outcome) => void,
  ): Promise<void> {
    const left = interruptions.values();
    const next = (): Task | undefined => {
      const { value, done } = left.next();
      return done === true ? undefined : { kind: 'interrupt', interruption: value };
    };
    await this.perform(next, workers, (outcome, task) => {
      if (task.kind === 'interrupt') onOutcome(task.interruption, outcome as Outcome);
    });
  }

  end(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async perform(
    next: () => Task | undefined,
    workers: number,
    onResult: (result: unknown, task: Task) => void,
  ): Promise<void> {
    const work = async (): Promise<void> => {
      let thread = new Thread(this.bundle);
      try {
        for (let task = next(); task !== undefined; task = next()) {
          if (thread.tasks >= TASKS_PER_THREAD) {
            await thread.end();
            thread = new Thread(this.bundle);
          }
          onResult(await thread.perform(task), task);
        }
      } finally {
        await thread.end();
      }
    };
    await Promise.all(Array.from({ length: workers }, work));
  }

  private async once(task: Task): Promise<unknown> {
    const thread = new Thread(this.bundle);
    try {
      return await thread.perform(task);
    } finally {
      await thread.end();
    }
  }
}
