import { setTimeout as pause } from 'node:timers/promises';
import { createLog } from '../../../agent/log';

/** Logs far more than a pipe holds, then says on standard error that its loop still turns. */
async function main(): Promise<void> {
  const log = createLog(process.stdout);
  for (let line = 0; line < 20_000; line += 1) log.info('chatter', { line, padding: 'x'.repeat(500) });
  await pause(1);
  process.stderr.write('the loop turns\n');
  process.exit(0);
}

void main();
