import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabCommand } from '../workload/lab-command';
import type { RouteName } from '../workload/client/crew';
import type { Entry } from '../workload/history';
import { judge } from '../workload/judge/judge';
import { readFinals, Workload } from '../workload/workload';
import { measure, type Measured, type PowerCut } from './measure';

export interface BenchOptions {
  readonly lab: LabCommand;
  readonly runs: number;
  readonly progress: (line: string) => void;
}

export interface BenchResult {
  readonly awsTimes: string;
  readonly runs: readonly Measured[];
  readonly acknowledged: number;
  /** What the judge found wrong in the history of the whole benchmark. */
  readonly violations: readonly string[];
}

export const ROUTES: readonly RouteName[] = ['dsn', 'dsn-in-turn', 'writer'];

/** Far longer than anything takes here; with AWS's real times a lost instance is replaced after minutes. */
const GIVE_UP_MS = 1_200_000;

/** Cuts the primary's power again and again under load, each time when the cluster is whole. A lab must be up. */
export async function benchFailover({ lab, runs, progress }: BenchOptions): Promise<BenchResult> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  const launch = lab.client(directory);
  const { awsTimes } = await lab.untilWhole(GIVE_UP_MS);
  const workload = await Workload.start(directory, launch, 'bench');
  try {
    const cuts: PowerCut[] = [];
    for (let run = 1; run <= runs; run += 1) {
      await everyRouteWrites(workload, Date.now());
      const atMs = Date.now();
      const { slot } = await lab.fault('power-off', 'primary');
      if (slot === undefined) throw new Error('The lab does not say whose power it cut.');
      cuts.push({ atMs, slot });
      progress(`${run} of ${runs}: the power of ${slot} is cut`);
      await everyRouteWrites(workload, Date.now());
      const { primary } = await lab.untilWhole(GIVE_UP_MS, (status) => status.primary?.slot !== slot);
      progress(`${run} of ${runs}: ${primary?.slot ?? '?'} is the primary, and the cluster is whole again`);
    }
    const history = await workload.stop();
    const events = await lab.events();
    const { violations, counts } = judge({ history, finals: await readFinals(launch, GIVE_UP_MS / 1000) });
    return { awsTimes, runs: measure(history, events, cuts), acknowledged: counts.ok, violations };
  } finally {
    await workload.abandon();
    await rm(directory, { recursive: true });
  }
}

/** Through each route something was acknowledged that was sent after that moment. */
async function everyRouteWrites(workload: Workload, epochMs: number): Promise<void> {
  await workload.until('Clients write through every route', GIVE_UP_MS, (entries) => {
    const [first] = entries;
    const sinceMs = first?.kind === 'begin' ? epochMs - first.epochMs : Infinity;
    return ROUTES.every((route) => entries.some((each) => writes(each, route, sinceMs)));
  });
}

function writes(entry: Entry, route: RouteName, sinceMs: number): boolean {
  return entry.kind === 'insert' && entry.route === route && entry.outcome === 'ok' && entry.startMs >= sinceMs;
}
