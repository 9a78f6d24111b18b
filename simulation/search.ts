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

/** Lives through histories with one rule taken out, from the first seed on, until something is noticed. */
export async function search(
  { changes }: Pick<Mutation, 'changes'>,
  { workers, lives = MOST_LIVES }: SearchOptions,
): Promise<Totals> {
  const runner = await Runner.create(changes);
  const totals = new Totals();
  const seeds = Array.from({ length: lives }, (_, index) => index + 1);
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
