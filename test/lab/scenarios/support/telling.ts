import { lengthOf, longestGap } from '../../../../lab/workload/gaps';
import type { LabCommand } from '../../../../lab/workload/lab-command';
import type { Scenario } from './scenario';
import type { Run } from './run';

/** For people: what the clients noticed of it, and where the time went. */
export async function tell(lab: LabCommand, scenario: Scenario, run: Run): Promise<void> {
  const { before, after, verdict, history } = run;
  const gaps = ['dsn', 'dsn-in-turn', 'writer'].map((route) => {
    const gap = longestGap(history, route);
    return `${route} ${gap === undefined ? '?' : seconds(lengthOf(gap))}`;
  });
  const { counts } = verdict;
  process.stderr.write(
    `${scenario.id}: primary ${before.primary?.slot ?? '?'} → ${after.primary?.slot ?? '?'}, ` +
      `term ${before.term ?? '?'} → ${after.term ?? '?'}${await failoverSince(lab, run)}\n` +
      `  longest time without a write: ${gaps.join(', ')}\n` +
      `  writes: ${counts.ok} acknowledged, ${counts.unknown} unknown, ${counts.failed} refused; ${counts.stalePlainReads} stale plain reads\n`,
  );
}

/** The time to write again: the longest one without an acknowledged write through the multi-host DSN. */
export function writeAgainMs({ history, beganAtMs }: Run): number | undefined {
  // The last write before may have been acknowledged a moment earlier.
  const gap = longestGap(history, 'dsn', beganAtMs - 1_000);
  return gap === undefined ? undefined : Math.round(lengthOf(gap));
}

async function failoverSince(lab: LabCommand, { history, beganAtMs }: Run): Promise<string> {
  const sinceMs = history.epochMs + beganAtMs;
  const event = (await lab.events()).find(({ convictedAtMs }) => convictedAtMs >= sinceMs);
  if (event === undefined) return '';
  const { reason, convictedAtMs, chosenAtMs, promotedAtMs } = event;
  return (
    `; ${reason} after ${seconds(convictedAtMs - sinceMs)}, ` +
    `chosen after another ${seconds(chosenAtMs - convictedAtMs)}, promoted after another ${seconds(promotedAtMs - chosenAtMs)}`
  );
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
