import { setCurrentKernel } from '../kernel/current';
import { Random } from '../kernel/random';
import { Violation } from './checker';
import { Clients } from './clients';
import { mendAll, strikeAtChanges, strikeOften } from './adversary';
import { sluggishness, temper } from './temper';
import { BREEZE, CALM, STORM } from './weather';
import { World } from './world';

export interface Life {
  readonly seed: number;
  readonly faults: number;
  readonly faultsByKind: ReadonlyMap<string, number>;
  readonly commits: number;
  readonly terms: number;
  /** More had failed than the guarantees cover: it waits, and rightly so. */
  readonly isWaitingForMore: boolean;
  readonly simulatedMs: number;
  readonly violation: { readonly rule: string; readonly message: string } | undefined;
  readonly trace: readonly string[];
}

export interface LifeOptions {
  readonly isTraced?: boolean;
}

/** Until then, at most, nothing fails: the standbys join. */
const QUIET_MS = 5_000;
/** So many lives go on without Lambda from then on, to their end. */
const WITHOUT_LAMBDA = 0.15;
/** A directory that is being made is back within less. */
const HOPELESS_SECONDS = 40;
/** Longer than any time-out in the system, twice over. */
const WHOLE_WITHIN_MS = 240_000;

/** Lives through one history, from a fresh cluster through faults to a time without, and says what was wrong with it. */
export async function live(seed: number, { isTraced = false }: LifeOptions = {}): Promise<Life> {
  // What the world is like is drawn apart from what happens in it.
  const choice = new Random(seed ^ 0x5bd1e995);
  const slots = choice.chance(0.25) ? 5 : 3;
  const world = new World({
    seed,
    slots,
    acks: choice.chance(0.25) ? 2 : 1,
    whenNoStandby: choice.chance(0.2) ? 'block' : 'degrade',
    isTraced,
  });
  const faultsMs = choice.between(20_000, 70_000);
  const everyMs = choice.pick([120, 300, 600, 1_500]);
  const { kernel } = world;
  // Errors are part of life here, and nobody reads where they come from.
  Error.stackTraceLimit = 0;
  let violation: Life['violation'];
  let isWaitingForMore = false;
  try {
    for (const [what, chance] of sluggishness(choice)) world.sluggish.set(what, chance);
    new Clients(world, 3);
    const quietMs = choice.between(0, QUIET_MS);
    await kernel.run(quietMs);
    // Drawn apart, so that all other lives are as they are without this.
    if (new Random(seed ^ 0x1a3c10).chance(WITHOUT_LAMBDA)) world.loseLambda();
    let isOver = false;
    world.network.weather = choice.pick([CALM, BREEZE, BREEZE, STORM]);
    const faults = temper(choice);
    strikeOften(world, faults, everyMs, () => isOver);
    if (choice.chance(0.6)) strikeAtChanges(world, faults, () => isOver);
    await kernel.run(quietMs + faultsMs);
    isOver = true;
    world.sluggish.clear();
    mendAll(world);
    const until = kernel.now + WHOLE_WITHIN_MS;
    let hopelessSeconds = 0;
    const isOverNow = (): boolean => {
      hopelessSeconds = world.isRecoverable ? 0 : hopelessSeconds + 1;
      return world.whyNotWhole === undefined || hopelessSeconds > HOPELESS_SECONDS;
    };
    await kernel.run(until, eachSecond(world, isOverNow));
    isWaitingForMore = !world.isRecoverable;
    if (isWaitingForMore && world.isAnybodyLeft) {
      world.acceptLoss();
      await kernel.run(
        kernel.now + WHOLE_WITHIN_MS,
        eachSecond(world, () => world.whyNotWhole === undefined),
      );
      if (world.whyNotWhole !== undefined)
        throw new Violation('not-whole', `${world.whyNotWhole}, though an operator has accepted loss.`);
    } else if (isWaitingForMore) world.tally.count('nothing left to choose from');
    else if (world.whyNotWhole !== undefined)
      throw new Violation(
        'not-whole',
        `${world.whyNotWhole}, though nothing has failed for ${WHOLE_WITHIN_MS / 1000} s.`,
      );
    const { record } = world.table;
    if (!isWaitingForMore && record?.phase === 'steady') world.checker.onEnd(record.primary.member);
  } catch (error) {
    if (!(error instanceof Violation))
      throw new Error(`seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`, {
        cause: error,
      });
    violation = { rule: error.rule, message: error.message };
    for (const { machine, agent } of world.nodes)
      world.trace.tell(machine.slot, () => JSON.stringify(agent?.status() ?? 'no agent'));
    world.trace.tell('VIOLATION', () => error.message);
  }
  world.end();
  // What the checker found is told already; the kernel tells it again to whoever asks.
  await kernel.run(kernel.now + 1).catch(() => undefined);
  setCurrentKernel(kernel);
  return {
    seed,
    faults: world.tally.total,
    faultsByKind: world.tally.byKind,
    commits: world.checker.acknowledgedCommits,
    terms: world.checker.terms,
    isWaitingForMore,
    simulatedMs: kernel.now,
    violation,
    trace: world.trace.lines,
  };
}

/** Asked once a simulated second. */
function eachSecond(world: World, condition: () => boolean): () => boolean {
  let nextAt = 0;
  return () => {
    if (world.kernel.now < nextAt) return false;
    nextAt = world.kernel.now + 1_000;
    return condition();
  };
}
