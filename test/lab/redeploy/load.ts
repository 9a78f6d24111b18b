import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CREWS } from '../../../lab/workload/client/crew';
import type { Entry } from '../../../lab/workload/history';
import { judge, type Verdict } from '../../../lab/workload/judge/judge';
import type { LabCommand } from '../../../lab/workload/lab-command';
import { readFinals, Workload } from '../../../lab/workload/workload';

const WRITERS = CREWS.judged.filter(({ does }) => does === 'insert').reduce((sum, { count }) => sum + count, 0);

/** Clients write and read all along while `work` is done, and until each of them has written after it. The history, when the judge refuses it, is kept. */
export async function underLoad(lab: LabCommand, giveUpMs: number, work: () => Promise<void>): Promise<Verdict> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-redeploy-'));
  const launch = lab.client(directory);
  const workload = await Workload.start(directory, launch, 'judged');
  try {
    await workload.until('Every client writes', giveUpMs, (entries) => writers(entries, 0) === WRITERS);
    await work();
    const doneAtMs = Date.now();
    await workload.until(
      'Every client writes in the end',
      giveUpMs,
      (entries) => writers(entries, doneAtMs) === WRITERS,
    );
    const history = await workload.stop();
    const verdict = judge({ history, finals: await readFinals(launch, giveUpMs / 1000) });
    if (verdict.violations.length > 0) {
      throw new Error(`The judge refuses the history in ${directory}:\n${verdict.violations.slice(0, 20).join('\n')}`);
    }
    await rm(directory, { recursive: true });
    return verdict;
  } finally {
    await workload.abandon();
  }
}

/** How many clients have an acknowledged row that was sent since then. */
function writers(entries: readonly Entry[], sinceEpochMs: number): number {
  const [first] = entries;
  if (first?.kind !== 'begin') return 0;
  const { epochMs } = first;
  const found = entries.flatMap((each) =>
    each.kind === 'insert' && each.outcome === 'ok' && epochMs + each.startMs >= sinceEpochMs ? [each.client] : [],
  );
  return new Set(found).size;
}
