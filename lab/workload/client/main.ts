/**
 * The workload's client program. Reads libpq's variables and writes to standard output.
 *
 *   node workload.js run judged|bench   works until its standard input is closed; writes the history
 *   node workload.js final SECONDS      reads what every host holds in the end; writes it as JSON
 *
 * It ends with its standard input, so it never outlives whoever started it.
 */
import { CREWS, muster } from './crew';
import { settingsFrom } from './environment';
import { finalReads } from './final';
import { Recorder } from './recorder';
import { work } from './worker';

const OPERATION_TIMEOUT_MS = 2_000;

async function run(crewName: string): Promise<void> {
  if (crewName !== 'judged' && crewName !== 'bench') throw new Error(`"${crewName}" is no crew. Use judged or bench.`);
  const settings = settingsFrom(process.env);
  // Outside a zone there is no such name.
  const positions = CREWS[crewName].filter(({ route }) => route !== 'writer' || settings.writer !== undefined);
  const recorder = new Recorder();
  const over = new AbortController();
  process.stdin
    .on('end', () => over.abort())
    .on('error', () => over.abort())
    .resume();
  const hands = muster(positions, { settings, operationTimeoutMs: OPERATION_TIMEOUT_MS }, recorder);
  await Promise.all(
    hands.map(({ worker, route, task, pauseMs }) => work(worker, route, task, { pauseMs }, over.signal)),
  );
  recorder.write({ kind: 'end', atMs: recorder.now() });
}

async function final(seconds: string): Promise<void> {
  if (!/^[1-9]\d*$/.test(seconds)) throw new Error(`"${seconds}" is no number of seconds.`);
  const reads = await finalReads(settingsFrom(process.env), AbortSignal.timeout(Number(seconds) * 1000));
  process.stdout.write(`${JSON.stringify(reads)}\n`);
}

async function main([command, argument = '']: readonly string[]): Promise<void> {
  switch (command) {
    case 'run':
      return run(argument);
    case 'final':
      return final(argument);
    default:
      throw new Error('Usage: workload.js run judged|bench | final SECONDS');
  }
}

main(process.argv.slice(2)).then(
  // Connection attempts under way to a host that is off must not hold the program back.
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`workload: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
