import type { Mutation } from './mutations';
import { Runner } from './runner';
import { Totals } from './totals';

export interface SearchOptions {
  readonly workers: number;
  /** So many histories, at most. */
  readonly lives?: number;
}

/** Far more than any mutation has needed. */
const MOST_LIVES = 4_000;

/** Lives through histories with one rule taken out, until something is noticed. */
export async function search(
  { changes, seed }: Pick<Mutation, 'changes' | 'seed'>,
  { workers, lives = MOST_LIVES }: SearchOptions,
): Promise<Totals> {
  const runner = await Runner.create(changes);
  const totals = new Totals();
  const seeds = Array.from({ length: lives }, (_, index) => seed + index);
  try {
    await runner.liveMany(seeds.values(), workers, (life) => {
      totals.add(life);
      return life.violation === undefined ? 'more' : 'enough';
    });
  } finally {
    runner.end();
  }
  return totals;
}
