import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildWorld, type Change } from '../../../simulation/build';
import type * as bundle from './bundle';
import { Cluster } from './cluster';

/** The simulated PostgreSQL, built once; each piece of work has servers, time and chance of its own. */
export class Simulation {
  private constructor(private readonly built: typeof bundle) {}

  /** `changes`: to the sources, for this one only. */
  static async create(changes: readonly Change[] = []): Promise<Simulation> {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-simulation-'));
    try {
      const file = join(directory, 'postgres.js');
      await buildWorld(file, changes, 'test/simulation/support/bundle.ts');
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- Made a moment ago.
      return new Simulation(require(file) as typeof bundle);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }

  run<T>(seed: number, work: (cluster: Cluster) => Promise<T>): Promise<T> {
    const { functions, SimulatedHands } = this.built;
    const hands = new SimulatedHands(seed);
    return hands.live(() => work(new Cluster(functions, hands)));
  }
}
