import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { FailoverEvent } from '../../core/event';
import type { LabCommand } from '../workload/lab-command';
import type { Launch } from '../workload/workload';

export interface SteadyResult {
  readonly forMs: number;
  /** Of pgbench, per second. */
  readonly transactions: number;
  /** Failovers meanwhile: nobody did any harm, so each was one too many. */
  readonly failovers: readonly FailoverEvent[];
  readonly termsBegun: number;
}

export interface SteadyOptions {
  readonly lab: LabCommand;
  readonly forMs: number;
  readonly progress: (line: string) => void;
}

const GIVE_UP_MS = 600_000;
/** More than two processors can do anything for. */
const CLIENTS = 16;
const SCALE = 20;

/** Full load on every processor for a while, and nothing else. A lab must be up. */
export async function benchSteady({ lab, forMs, progress }: SteadyOptions): Promise<SteadyResult> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  try {
    const launch = lab.client(directory);
    const before = await lab.untilWhole(GIVE_UP_MS);
    const seen = (await lab.events()).length;
    await pgbench(launch, ['--initialize', '--quiet', `--scale=${SCALE}`]);
    progress(`pgbench works with ${CLIENTS} clients for ${Math.round(forMs / 1000)} s`);
    const said = await pgbench(launch, [
      ...[`--client=${CLIENTS}`, '--jobs=2', `--time=${Math.ceil(forMs / 1000)}`],
      ...['--no-vacuum', '--protocol=prepared'],
    ]);
    const after = await lab.untilWhole(GIVE_UP_MS);
    return {
      forMs,
      transactions: transactionsIn(said),
      failovers: (await lab.events()).slice(0, -seen || undefined),
      termsBegun: (after.term ?? NaN) - (before.term ?? NaN),
    };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** @internal Transactions per second, from what pgbench prints in the end. @throws Error when it does not say */
export function transactionsIn(said: string): number {
  const found = /^tps = ([\d.]+)/m.exec(said)?.[1];
  if (found === undefined) throw new Error(`pgbench does not say how much it did: ${said.trim() || 'nothing'}`);
  return Number(found);
}

/** Clients of pgbench do not reconnect: a failover ends them, which is no error of the benchmark but its finding. */
async function pgbench(launch: Launch, args: readonly string[]): Promise<string> {
  const child = launch(['/usr/lib/postgresql/17/bin/pgbench', ...args], ['ignore', 'pipe', 'pipe']);
  const output = child.stdout === null ? Promise.resolve('') : text(child.stdout);
  const complaints = child.stderr === null ? Promise.resolve('') : text(child.stderr);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0 && !(await output).includes('tps =')) {
    throw new Error(`pgbench ended with ${code ?? 'a signal'}: ${(await complaints).trim().slice(-2_000)}`);
  }
  return output;
}

export function renderSteady({ forMs, transactions, failovers, termsBegun }: SteadyResult): string {
  return [
    `pgbench at full load for ${Math.round(forMs / 1000)} s: ${Math.round(transactions)} transactions a second.`,
    ...failovers.map(({ term, reason, from, to }) => `  term ${term}: ${reason}, ${from} → ${to}`),
    `Failovers: ${failovers.length}, terms begun: ${termsBegun}. Target: none: ${termsBegun === 0 ? 'met' : 'MISSED'}.`,
    '',
  ].join('\n');
}
