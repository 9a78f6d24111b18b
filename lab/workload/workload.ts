import type { ChildProcess, StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { waitFor } from '../host/wait';
import { bundleClient, CLIENT_FILE, SCHEMA_FILE } from './bundle';
import { historyOf, parseEntries, parseFinalReads, type Entry, type FinalRead, type History } from './history';

/** Starts a command where libpq's variables name the cluster, in the directory that was given with it. */
export type Launch = (command: readonly string[], stdio: StdioOptions) => ChildProcess;

export type Crew = 'judged' | 'bench';

const HISTORY_FILE = 'history.jsonl';

/** One run of the workload: clients that work from {@link start} to {@link stop}, and the history that they leave. */
export class Workload {
  private constructor(
    private readonly directory: string,
    private readonly client: ChildProcess,
    private readonly complaints: Promise<string>,
    private readonly exited: Promise<unknown>,
  ) {}

  /** Makes the tables anew and starts the clients. `launch` runs commands in `directory`. */
  static async start(directory: string, launch: Launch, crew: Crew): Promise<Workload> {
    await bundleClient(directory);
    await run(launch, ['psql', '--quiet', '--no-psqlrc', '--set=ON_ERROR_STOP=1', `--file=${SCHEMA_FILE}`]);
    const history = await open(join(directory, HISTORY_FILE), 'w');
    try {
      const client = launch(['node', CLIENT_FILE, 'run', crew], ['pipe', history.fd, 'pipe']);
      return new Workload(directory, client, complaintsOf(client), once(client, 'exit'));
    } finally {
      await history.close();
    }
  }

  get historyFile(): string {
    return join(this.directory, HISTORY_FILE);
  }

  /** What was recorded so far. */
  async entries(): Promise<Entry[]> {
    return parseEntries(await readFile(this.historyFile, 'utf8'));
  }

  /** Waits until what was recorded so far fulfils the condition. @throws Error when the clients end before, or in vain */
  async until(what: string, timeoutMs: number, condition: (entries: readonly Entry[]) => boolean): Promise<void> {
    await waitFor(
      async () => {
        if (this.client.exitCode !== null || this.client.signalCode !== null)
          throw new Error(`The clients have ended: ${await this.complaints}`);
        return condition(await this.entries()) ? true : undefined;
      },
      { what, timeoutMs, everyMs: 500 },
    );
  }

  /** The clients finish what they have begun; then their history is complete. @throws Error when it is not */
  async stop(): Promise<History> {
    this.client.stdin?.end();
    await this.exited;
    if (this.client.exitCode !== 0) throw new Error(`The clients failed: ${await this.complaints}`);
    return historyOf(await this.entries());
  }

  /** Ends the clients in any case; for clearing up. */
  async abandon(): Promise<void> {
    if (this.client.exitCode !== null || this.client.signalCode !== null) return;
    this.client.stdin?.end();
    await this.exited;
  }
}

/**
 * What every server holds, each once it has everything. The program must be there: after {@link Workload.start}.
 * @throws Error when one does not come that far in time
 */
export async function readFinals(launch: Launch, seconds: number): Promise<FinalRead[]> {
  return parseFinalReads(await run(launch, ['node', CLIENT_FILE, 'final', String(seconds)]));
}

async function run(launch: Launch, command: readonly string[]): Promise<string> {
  const child = launch(command, ['ignore', 'pipe', 'pipe']);
  const output = child.stdout === null ? Promise.resolve('') : text(child.stdout);
  const complaints = complaintsOf(child);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${command.join(' ')} failed with exit code ${code ?? 'none'}: ${await complaints}`);
  return output;
}

function complaintsOf(child: ChildProcess): Promise<string> {
  return child.stderr === null ? Promise.resolve('') : text(child.stderr);
}
