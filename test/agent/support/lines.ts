import { Writable } from 'node:stream';
import { createLog, type Log } from '../../../agent/log';

export interface RecordedLog {
  readonly log: Log;
  readonly lines: Record<string, unknown>[];
  codes(): unknown[];
}

/** The agent's own log, with its lines kept. */
export function recordedLog(): RecordedLog {
  const lines: Record<string, unknown>[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  return { log: createLog(stream), lines, codes: () => lines.map((line) => line['code']) };
}
