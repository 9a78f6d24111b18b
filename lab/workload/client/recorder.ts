import { writeSync } from 'node:fs';
import type { Entry } from '../history';

const STDOUT = 1;

/** Writes the history to standard output, line by line and at once: what a killed client did is not lost with it. */
export class Recorder {
  constructor() {
    this.write({ kind: 'begin', epochMs: performance.timeOrigin });
  }

  now(): number {
    return performance.now();
  }

  write(entry: Entry): void {
    writeSync(STDOUT, `${JSON.stringify(entry)}\n`);
  }
}
