import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MISUNDERSTANDINGS } from './support/misunderstandings';
import { inReality } from './support/real';
import { COMMITS } from './support/scripts/commits';
import { DIRECTORIES } from './support/scripts/directories';
import { RECEIVERS } from './support/scripts/receivers';
import { TIMELINES } from './support/scripts/timelines';
import { Simulation } from './support/simulation';

/*
 * The same is done to PostgreSQL 17 and to the simulated one, through the same functions of the agent. What is observed
 * must be what stands in the script, and the same on both: the simulated one with every order of its processes that some
 * seeds make.
 */
jest.setTimeout(120_000);

const SEEDS = Array.from({ length: 20 }, (_, nth) => nth + 1);

const SCRIPTS = [...COMMITS, ...RECEIVERS, ...TIMELINES, ...DIRECTORIES];

let simulation: Simulation;
beforeAll(async () => {
  simulation = await Simulation.create();
});

describe('on PostgreSQL and on the simulated one', () => {
  test.each(SCRIPTS)('$name', async ({ run, expected }) => {
    const real = await inReality(run);
    expect(real).toEqual(expected);
    for (const seed of SEEDS) {
      const simulated = await simulation.run(seed, run);
      expect({ seed, simulated }).toEqual({ seed, simulated: real });
    }
  });
});

describe('a simulated PostgreSQL would be found out that believed', () => {
  test.each(MISUNDERSTANDINGS)('$belief', async ({ change, noticedBy }) => {
    const mistaken = await Simulation.create([change]);
    const [script, another] = SCRIPTS.filter(({ name }) => name.startsWith(noticedBy));
    if (script === undefined || another !== undefined) throw new Error(`Which script is "${noticedBy}"?`);
    const isRight = async (seed: number): Promise<boolean> => {
      try {
        expect(await mistaken.run(seed, script.run)).toEqual(script.expected);
        return true;
      } catch {
        return false;
      }
    };
    const right: boolean[] = [];
    for (const seed of SEEDS) right.push(await isRight(seed));
    expect(right).toContain(false);
  });
});
