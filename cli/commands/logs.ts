import { setTimeout as pause } from 'node:timers/promises';
import { Logs, type LogLine } from '../adapters/logs';
import { instant } from '../format';
import type { Session } from '../session';

export interface LogsOptions {
  readonly follow: boolean;
  readonly sinceMs: number;
}

const FOLLOW_EVERY_MS = 2_000;
/** Lines arrive out of order: each look goes back this far, and what was shown is not shown again. */
const LATE_MS = 30_000;

/** `logs`: what the health checker says. */
export async function logs(session: Session, { follow, sinceMs }: LogsOptions): Promise<void> {
  const { cluster, print } = session;
  const source = new Logs(cluster.region);
  const shown = new Set<string>();
  let from = Date.now() - sinceMs;
  try {
    for (;;) {
      const lines = await source.read({ group: cluster.healthCheckerLogGroup, sinceMs: from });
      for (const line of lines.filter(({ id }) => !shown.has(id))) {
        shown.add(line.id);
        print(`${lineOf(line)}\n`);
      }
      if (!follow) return;
      from = Math.max(from, (lines.at(-1)?.atMs ?? from) - LATE_MS);
      await pause(FOLLOW_EVERY_MS);
    }
  } finally {
    source.close();
  }
}

function lineOf({ atMs, text }: LogLine): string {
  return `${instant(atMs)} ${text}`;
}
