import { setTimeout as pause } from 'node:timers/promises';
import { Logs, type LogLine, type LogQuery } from '../adapters/logs';
import { CliError } from '../cli-error';
import type { Cluster } from '../cluster';
import { instant } from '../format';
import type { Session } from '../session';

export interface LogsOptions {
  readonly follow: boolean;
  readonly sinceMs: number;
}

const FOLLOW_EVERY_MS = 2_000;
/** Lines arrive out of order: each look goes back this far, and what was shown is not shown again. */
const LATE_MS = 30_000;

/** `logs [SLOT]`: what the health checker says, or a slot's agent and PostgreSQL. */
export async function logs(
  { cluster, print }: Session,
  from: string | undefined,
  { follow, sinceMs }: LogsOptions,
): Promise<void> {
  const where = placeOf(cluster, from);
  const source = new Logs(cluster.region);
  const shown = new Set<string>();
  let fromMs = Date.now() - sinceMs;
  try {
    for (;;) {
      const lines = await source.read({ ...where, sinceMs: fromMs });
      for (const line of lines.filter(({ id }) => !shown.has(id))) {
        shown.add(line.id);
        print(`${lineOf(line)}\n`);
      }
      if (!follow) return;
      fromMs = Math.max(fromMs, (lines.at(-1)?.atMs ?? fromMs) - LATE_MS);
      await pause(FOLLOW_EVERY_MS);
    }
  } finally {
    source.close();
  }
}

const HEALTH_CHECKER = 'health-checker';

function placeOf(cluster: Cluster, from = HEALTH_CHECKER): Pick<LogQuery, 'group' | 'streamPrefix'> {
  if (from === HEALTH_CHECKER) return { group: cluster.healthCheckerLogGroup };
  if (cluster.slots.some((slot) => slot === from)) return { group: cluster.nodeLogGroup, streamPrefix: `${from}/` };
  throw new CliError(
    `"${from}" has no logs.`,
    `Those who have: ${[...cluster.slots, HEALTH_CHECKER].join(', ')}. Without a name: ${HEALTH_CHECKER}.`,
  );
}

function lineOf({ atMs, text }: LogLine): string {
  return `${instant(atMs)} ${text}`;
}
