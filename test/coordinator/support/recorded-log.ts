import { createLog, type Log } from '../../../coordinator/log';

export interface RecordedLog {
  readonly log: Log;
  readonly lines: Record<string, unknown>[];
  codes(): unknown[];
}

/** The health checker's own log, with its lines kept. */
export function recordedLog(): RecordedLog {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({}, (line) => lines.push(JSON.parse(line) as Record<string, unknown>));
  return { log, lines, codes: () => lines.map((line) => line['code']) };
}
