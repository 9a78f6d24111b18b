import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { cpus } from 'node:os';
import { Runner } from '../../simulation/runner';
import { Totals } from '../../simulation/totals';

/*
 * The real agents and health checkers, in a simulated cluster, through histories full of faults. docs/protocol.md says
 * what is watched over.
 */
jest.setTimeout(600_000);

const FIXED_SEEDS = 300;
const FRESH_FAULTS = 150_000;

function* from(seed: number, count = Infinity): Generator<number> {
  for (let nth = 0; nth < count; nth += 1) yield seed + nth;
}

describe('in simulated histories', () => {
  let runner: Runner;
  beforeAll(async () => {
    runner = await Runner.create();
  });
  afterAll(() => runner.end());

  async function live(seeds: Iterator<number>, isEnough: (totals: Totals) => boolean): Promise<Totals> {
    const totals = new Totals();
    await runner.liveMany(seeds, cpus().length, (life) => {
      totals.add(life);
      return totals.violation !== undefined || isEnough(totals) ? 'enough' : 'more';
    });
    return totals;
  }

  test('of fixed seeds nothing acknowledged is lost, and the cluster is whole when faults end', async () => {
    const totals = await live(from(1, FIXED_SEEDS), () => false);
    expect(totals.violation).toBeUndefined();
    expect(totals.lives).toBe(FIXED_SEEDS);
  });

  test('of fresh seeds nothing acknowledged is lost, and the cluster is whole when faults end', async () => {
    const first = Date.now() % 1_000_000_000;
    const totals = await live(from(first), ({ faults }) => faults >= FRESH_FAULTS);
    // The seed is told, so that the history can be looked at: npm run simulate -- --seed …
    expect(totals.violation).toBeUndefined();
  });

  test('much happens: elections, commits, every kind of fault, and few end with more lost than is covered', async () => {
    const totals = await live(from(1, 100), () => false);
    expect(totals.elections).toBeGreaterThan(100);
    expect(totals.commits).toBeGreaterThan(10_000);
    expect(totals.faults).toBeGreaterThan(20_000);
    expect(totals.waiting).toBeLessThan(15);
  });

  test('the same seed tells the same history, in a thread of its own or after others', async () => {
    const [one, again] = [await runner.live(7, true), await runner.live(7, true)];
    expect(again.trace).toEqual(one.trace);
    expect(one.trace.length).toBeGreaterThan(100);
    let later: number | undefined;
    await runner.liveMany([3, 5, 7].values(), 1, (life) => {
      if (life.seed === 7) later = life.simulatedMs;
      return 'more';
    });
    expect(later).toBe(one.simulatedMs);
    expect((await runner.live(8, true)).trace).not.toEqual(one.trace);
  });
});
