import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabCommand } from '../../../lab/workload/lab-command';
import { Workload } from '../../../lab/workload/workload';
import { finishAndJudge } from '../scenarios/support/judged';
import { everyClientWrites, onItsClock } from '../scenarios/support/progress';

/** Clients write and read all along while `work` is done, and until each of them has written after it. The history, when the judge refuses it, is kept. */
export async function underLoad(lab: LabCommand, giveUpMs: number, work: () => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-redeploy-'));
  const launch = lab.client(directory);
  const workload = await Workload.start(directory, launch, 'judged');
  try {
    await workload.until('Every client writes', giveUpMs, (entries) => everyClientWrites(entries, 0));
    await work();
    const doneAtMs = Date.now();
    await workload.until('Every client writes in the end', giveUpMs, (entries) =>
      everyClientWrites(entries, onItsClock(entries, doneAtMs)),
    );
    await finishAndJudge(workload, launch, giveUpMs);
    await rm(directory, { recursive: true });
  } finally {
    await workload.abandon();
  }
}
