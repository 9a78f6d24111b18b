import { setTimeout as pause } from 'node:timers/promises';
import { CoordinatorsClock, readSituation } from '../read-situation';
import { renderStatus, summaryLine } from '../render-status';
import type { Session } from '../session';
import { statusReport, type StatusReport } from '../status-report';

export interface StatusOptions {
  readonly json: boolean;
  readonly watch: boolean;
}

const WATCH_EVERY_MS = 1_000;

/** `status`. Ends with 0 when the cluster is whole, with 2 when it is not, so that a script can ask. */
export async function status(session: Session, { json, watch }: StatusOptions): Promise<number> {
  const clock = new CoordinatorsClock();
  const look = async () => statusReport(await readSituation(session.register, session.cluster, clock));
  if (watch) return watching(session, look, json);
  const report = await look();
  session.print(json ? `${JSON.stringify(report, undefined, 2)}\n` : renderStatus(report, session.colours));
  return report.whole ? 0 : 2;
}

/** On a terminal one screen, drawn again and again; elsewhere, or as JSON, a line whenever something has changed. */
async function watching(session: Session, look: () => Promise<StatusReport>, json: boolean): Promise<never> {
  const onScreen = process.stdout.isTTY && !json;
  let last = '';
  for (;;) {
    const report = await look();
    const summary = summaryLine(report);
    if (onScreen) {
      const time = new Date().toISOString();
      session.print(`\x1b[H\x1b[2J${renderStatus(report, session.colours)}\n${time}   Ctrl-C ends the view\n`);
    } else if (summary !== last) {
      session.print(json ? `${JSON.stringify(report)}\n` : `${new Date().toISOString()} ${summary}\n`);
    }
    last = summary;
    await pause(WATCH_EVERY_MS);
  }
}
