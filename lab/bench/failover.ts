import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabCommand } from '../workload/lab-command';
import type { RouteName } from '../workload/client/crew';
import type { Entry } from '../workload/history';
import { judge } from '../workload/judge/judge';
import { readFinals, Workload } from '../workload/workload';
import { measure, type BenchFault, type Measured, type Strike } from './measure';

export interface BenchOptions {
  readonly lab: LabCommand;
  readonly fault: BenchFault;
  readonly runs: number;
  readonly progress: (line: string) => void;
}

export interface BenchResult {
  readonly fault: BenchFault;
  readonly awsTimes: string;
  readonly runs: readonly Measured[];
  readonly acknowledged: number;
  /** What the judge found wrong in the history of the whole benchmark. */
  readonly violations: readonly string[];
}

export const ROUTES: readonly RouteName[] = ['dsn', 'dsn-in-turn', 'writer'];

/** Far longer than anything takes here; with AWS's real times a lost instance is replaced after minutes. */
const GIVE_UP_MS = 1_200_000;

/** Does the same to the primary again and again under load, each time when the cluster is whole. A lab must be up. */
export async function benchFailover({ lab, fault, runs, progress }: BenchOptions): Promise<BenchResult> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  const launch = lab.client(directory);
  const { awsTimes } = await lab.untilWhole(GIVE_UP_MS);
  const workload = await Workload.start(directory, launch, 'bench');
  try {
    const strikes: Strike[] = [];
    for (let run = 1; run <= runs; run += 1) {
      await everyRouteWrites(workload, Date.now());
      const { term } = await lab.status();
      const atMs = Date.now();
      const slot = await strike(lab, fault);
      strikes.push({ atMs, slot });
      progress(`${run} of ${runs}: ${fault} of ${slot}`);
      await everyRouteWrites(workload, Date.now());
      const { primary } = await lab.untilWhole(GIVE_UP_MS, (status) =>
        fault === 'power-off' ? status.primary?.slot !== slot : status.term !== term,
      );
      progress(`${run} of ${runs}: ${primary?.slot ?? '?'} is the primary, and the cluster is whole again`);
    }
    const history = await workload.stop();
    const events = await lab.events();
    const { violations, counts } = judge({ history, finals: await readFinals(launch, GIVE_UP_MS / 1000) });
    return { fault, awsTimes, runs: measure(history, events, strikes), acknowledged: counts.ok, violations };
  } finally {
    await workload.abandon();
    await rm(directory, { recursive: true });
  }
}

/** Gives the slot of the one that was primary. */
async function strike(lab: LabCommand, fault: BenchFault): Promise<string> {
  if (fault === 'switchover') {
    const { primary } = await lab.status();
    if (primary === undefined) throw new Error('There is no primary that could hand over.');
    await lab.holdfast('switchover');
    return primary.slot;
  }
  const { slot } = await lab.fault(fault, 'primary');
  if (slot === undefined) throw new Error('The lab does not say whom it hit.');
  return slot;
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
