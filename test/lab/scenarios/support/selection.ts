import type { Scenario } from './scenario';

/**
 * `undefined`: the quick ones. `all`, or words with commas between them: those whose id has one of them in it, or that
 * show that finding of the review. @throws Error when that is none
 */
export function chosenScenarios(scenarios: readonly Scenario[], selection: string | undefined): readonly Scenario[] {
  if (selection === undefined) return scenarios.filter(({ quick }) => quick === true);
  if (selection === 'all') return scenarios;
  const words = selection.split(',');
  const chosen = scenarios.filter(({ id, shows = [] }) =>
    words.some((word) => id.includes(word) || shows.includes(word)),
  );
  if (chosen.length > 0) return chosen;
  throw new Error(
    `No scenario is called ${selection}. There are: ${scenarios.map(({ id }) => id).join(', ')}. Or: L1 … L11, all.`,
  );
}
