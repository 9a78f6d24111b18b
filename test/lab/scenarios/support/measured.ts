import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Of each scenario: the time without an acknowledged write through the multi-host DSN when it was last run. */
const measured = z.record(z.string(), z.object({ writeAgainMs: z.number() }));
export type Measured = z.infer<typeof measured>;

const FILE = join(__dirname, '../../../../docs/faults-measured.json');

export function readMeasured(file = FILE): Measured {
  return measured.parse(JSON.parse(readFileSync(file, 'utf8')));
}

export function rememberMeasured(id: string, writeAgainMs: number | undefined, file = FILE): void {
  if (writeAgainMs === undefined) return;
  const all = { ...readMeasured(file), [id]: { writeAgainMs } };
  const sorted = Object.fromEntries(Object.entries(all).sort(([left], [right]) => (left < right ? -1 : 1)));
  writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
}
