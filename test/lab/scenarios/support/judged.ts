import type { FinalRead, History } from '../../../../lab/workload/history';
import { judge, type Verdict } from '../../../../lab/workload/judge/judge';
import { readFinals, type Launch, type Workload } from '../../../../lab/workload/workload';

/** A history without a violation, and what every server held after it. */
export interface Judged {
  readonly history: History;
  readonly finals: readonly FinalRead[];
  readonly verdict: Verdict;
}

/** The clients finish what they have begun, and the judge looks. @throws Error with what it found and where the history is */
export async function finishAndJudge(workload: Workload, launch: Launch, giveUpMs: number): Promise<Judged> {
  const history = await workload.stop();
  const finals = await readFinals(launch, giveUpMs / 1000);
  const verdict = judge({ history, finals });
  if (verdict.violations.length === 0) return { history, finals, verdict };
  const first = verdict.violations.slice(0, 20).join('\n');
  throw new Error(`The judge refuses the history in ${workload.historyFile}:\n${first}`);
}
