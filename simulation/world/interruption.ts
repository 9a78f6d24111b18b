import type { Slot } from '../../core/member';
import type { Actor } from '../kernel/actor';
import { Violation } from './checker';
import { Clients } from './clients';
import { SCENARIOS } from './scenarios';
import { World } from './world';

export type Process = 'a' | 'b' | 'c' | 'coordinator';

export interface Interruption {
  readonly scenario: string;
  readonly process: Process;
  /** The process ends at its so many-th operation after the beginning; Infinity: never. */
  readonly operation: number;
  readonly when: 'before' | 'after';
  /** Another coordinator works all along. */
  readonly isContested: boolean;
}

export interface Outcome {
  /** Those of the process's operations, until the cluster was whole again, that changed something. */
  readonly effects: readonly number[];
  /** What it was about to do, or had just done, when it ended. */
  readonly what: string | undefined;
  readonly violation: { readonly rule: string; readonly message: string } | undefined;
}

/** Operations that only look. Ending after one is ending after the one before it. */
const LOOKS =
  /^(hear|read|list|look|connect|pg_waldump|pg_controldata|psql|postgres|ask: (IDENTIFY_SYSTEM|observe|SELECT pg_is_in|select (pg_is_in_recovery|current_setting|application_name|from|$)))/;

/** One seed for all: what differs is where the process ends. */
const SEED = 4711;
const WHOLE_WITHIN_MS = 120_000;
/** A unit that ended is started again. */
const RESTART_MS = 200;

/** Lives through a scenario in which one process ends at one operation and is started again. */
export async function interrupt({ scenario, process, operation, when, isContested }: Interruption): Promise<Outcome> {
  const chosen = SCENARIOS[scenario];
  if (chosen === undefined) throw new Error(`There is no scenario "${scenario}".`);
  Error.stackTraceLimit = 0;
  const world = new World({ seed: SEED, slots: 3, acks: 1, whenNoStandby: 'degrade', isTraced: false });
  const { kernel } = world;
  let count = 0;
  let what: string | undefined;
  const effects: number[] = [];
  let hasBegun = false;
  let victim: Actor | undefined;
  world.onOperation = (actor, operating, moment) => {
    if (!hasBegun || what !== undefined) return;
    if (process === 'coordinator' ? actor !== victim : actor.host !== process) return;
    if (moment !== when) return;
    count += 1;
    if (!LOOKS.test(operating)) effects.push(count);
    if (count !== operation) return;
    what = operating;
    if (process === 'coordinator') world.endCoordinatorOf(actor);
    else world.killAgent(process as Slot);
    kernel.schedule(RESTART_MS, () => {
      kernel.stir();
      if (process === 'coordinator') world.invoke();
      else world.startAgent(process as Slot);
    });
  };
  try {
    new Clients(world, 2);
    if (isContested) world.invoke();
    if (chosen.beginsWhole) await kernel.run(30_000, () => world.whyNotWhole === undefined);
    hasBegun = true;
    victim = world.actorsAlive.find((each) => each.host === 'lambda');
    const began = kernel.now;
    chosen.begin(world);
    let askedAt = 0;
    await kernel.run(began + WHOLE_WITHIN_MS, () => {
      if (kernel.now < Math.max(began + chosen.lastsMs, askedAt + 100)) return false;
      askedAt = kernel.now;
      return world.whyNotWhole === undefined;
    });
    if (world.whyNotWhole !== undefined) throw new Violation('not-whole', world.whyNotWhole);
    const { record } = world.table;
    if (record?.phase === 'steady') world.checker.onEnd(record.primary.member);
    const { oneOf = 1 } = chosen;
    return { effects: effects.filter((_, nth) => nth % oneOf === 0), what, violation: undefined };
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { effects, what, violation: { rule: error.rule, message: error.message } };
  } finally {
    world.end();
    // What the checker found is told already; the kernel tells it again to whoever asks.
    await kernel.run(kernel.now + 1).catch(() => undefined);
  }
}
