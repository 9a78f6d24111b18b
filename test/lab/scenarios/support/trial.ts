import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FaultReport, StatusReport } from '../../../../lab/daemon/api';
import type { FaultName } from '../../../../lab/daemon/fault-list';
import { lengthOf, longestGap } from '../../../../lab/workload/gaps';
import type { FinalRead, History } from '../../../../lab/workload/history';
import { judge, type Verdict } from '../../../../lab/workload/judge/judge';
import type { LabCommand } from '../../../../lab/workload/lab-command';
import { readFinals, Workload } from '../../../../lab/workload/workload';
import { GIVE_UP_MS } from './conditions';
import { keepEvidence } from './evidence';
import { everyClientReconnected, everyClientWrites, onItsClock } from './progress';

export interface Fault {
  readonly name: FaultName;
  readonly target: 'primary' | 'standby';
  readonly duration?: string;
  /** Every client loses its connection: it was to the machine that is hit. */
  readonly cutsClients: boolean;
  /** The machine is replaced by another one. */
  readonly replacesMachine: boolean;
}

export interface Trial {
  readonly hit: FaultReport;
  readonly before: StatusReport;
  readonly after: StatusReport;
  readonly history: History;
  readonly finals: readonly FinalRead[];
  readonly verdict: Verdict;
}

/**
 * One fault under load: clients write and read all along, the fault comes, and nobody does anything until every client
 * writes again and all slots are healthy. When that fails, the directory with the history is kept and named.
 */
export async function survive(lab: LabCommand, fault: Fault): Promise<Trial> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-scenario-'));
  const launch = lab.client(directory);
  let workload: Workload | undefined;
  try {
    const before = await lab.untilWhole(GIVE_UP_MS);
    workload = await Workload.start(directory, launch, 'judged');
    await workload.until('Every client writes', GIVE_UP_MS, (entries) => everyClientWrites(entries, 0));
    const faultAtMs = Date.now();
    const hit = await lab.fault(fault.name, fault.target, { duration: fault.duration });
    await workload.until('Every client writes again', GIVE_UP_MS, (entries) => {
      const sinceMs = onItsClock(entries, faultAtMs);
      return fault.cutsClients ? everyClientReconnected(entries, sinceMs) : everyClientWrites(entries, sinceMs);
    });
    const after = await lab.untilWhole(
      GIVE_UP_MS,
      ({ slots }) =>
        !fault.replacesMachine || slots.find(({ slot }) => slot === hit.slot)?.instanceId !== hit.instanceId,
    );
    const wholeAtMs = Date.now();
    await workload.until('Every client writes in the end', GIVE_UP_MS, (entries) =>
      everyClientWrites(entries, onItsClock(entries, wholeAtMs)),
    );
    const history = await workload.stop();
    const finals = await readFinals(launch, GIVE_UP_MS / 1000);
    const verdict = judge({ history, finals });
    if (verdict.violations.length > 0) {
      throw new Error(`The judge refuses the history:\n${verdict.violations.slice(0, 20).join('\n')}`);
    }
    tell(fault, before, after, history, verdict, await failoverSince(lab, faultAtMs));
    await rm(directory, { recursive: true });
    return { hit, before, after, history, finals, verdict };
  } catch (error) {
    await keepEvidence(lab, directory);
    throw new Error(`${error instanceof Error ? error.message : String(error)}\nHistory and logs: ${directory}`, {
      cause: error,
    });
  } finally {
    await workload?.abandon();
  }
}

/** For people: what the clients noticed of it, and where the time went. */
function tell(
  fault: Fault,
  before: StatusReport,
  after: StatusReport,
  history: History,
  { counts }: Verdict,
  steps: string,
): void {
  const gaps = ['dsn', 'dsn-in-turn', 'writer'].map((route) => {
    const gap = longestGap(history, route);
    return `${route} ${gap === undefined ? '?' : seconds(lengthOf(gap))}`;
  });
  process.stderr.write(
    `${fault.name} of the ${fault.target}: primary ${before.primary?.slot ?? '?'} → ${after.primary?.slot ?? '?'}, ` +
      `term ${before.term ?? '?'} → ${after.term ?? '?'}${steps}\n` +
      `  longest time without a write: ${gaps.join(', ')}\n` +
      `  writes: ${counts.ok} acknowledged, ${counts.unknown} unknown, ${counts.failed} refused; ${counts.stalePlainReads} stale plain reads\n`,
  );
}

async function failoverSince(lab: LabCommand, faultAtMs: number): Promise<string> {
  const event = (await lab.events()).find(({ convictedAtMs }) => convictedAtMs >= faultAtMs);
  if (event === undefined) return '';
  const { reason, convictedAtMs, chosenAtMs, promotedAtMs } = event;
  return (
    `; ${reason} after ${seconds(convictedAtMs - faultAtMs)}, ` +
    `chosen after another ${seconds(chosenAtMs - convictedAtMs)}, promoted after another ${seconds(promotedAtMs - chosenAtMs)}`
  );
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
