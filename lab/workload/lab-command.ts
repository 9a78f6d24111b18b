import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { EventsReport, FaultReport, StatusReport } from '../daemon/api';
import type { FaultName } from '../daemon/fault-list';
import { messageOf } from '../host/errors';
import { LAB_NAME_VARIABLE } from '../host/layout';
import { waitFor } from '../host/wait';
import type { Launch } from './workload';

const SCRIPT = join(__dirname, '../../script/lab');

/** More than any node of the lab admits. */
const MOST_CONNECTIONS = 300;

/** `script/lab` as a person at the keyboard would use it: everything here goes through its command line. */
export class LabCommand {
  private readonly env: NodeJS.ProcessEnv;

  /** `name`: of a lab beside the usual one. */
  constructor(name?: string) {
    this.env = { ...process.env, ...(name === undefined ? {} : { [LAB_NAME_VARIABLE]: name }) };
  }

  /** Brings it up with AWS's times shortened or as they are. Its progress goes to standard error. */
  async up(awsTimes: 'short' | 'real'): Promise<void> {
    await this.output(['up', '--json', '--aws-times', awsTimes], 'inherit');
  }

  /** A redeploy, with further options of `script/lab deploy`. @throws Error with its words, when it failed or was rolled back */
  async deploy(options: readonly string[] = []): Promise<StatusReport> {
    return JSON.parse(await this.output(['deploy', '--json', ...options])) as StatusReport;
  }

  async down(): Promise<void> {
    await this.output(['down']);
  }

  async status(): Promise<StatusReport> {
    return JSON.parse(await this.output(['status', '--json'])) as StatusReport;
  }

  /** The failovers, the latest first. */
  async events(): Promise<EventsReport> {
    return JSON.parse(await this.output(['events', '--json'])) as EventsReport;
  }

  /** `duration`: how long it lasts, for faults that can end. `from`: the peers of a network fault. */
  async fault(
    name: FaultName,
    target: string,
    { duration, from }: { readonly duration?: string | undefined; readonly from?: readonly string[] | undefined } = {},
  ): Promise<FaultReport> {
    const lasting = duration === undefined ? [] : ['--for', duration];
    const peers = from === undefined ? [] : ['--from', from.join(',')];
    return JSON.parse(await this.output(['fault', name, target, ...lasting, ...peers, '--json'])) as FaultReport;
  }

  /** The operators' command line. */
  async holdfast(...command: readonly string[]): Promise<string> {
    return this.output(['holdfast', ...command]);
  }

  /** Ends every fault in force that has an end. */
  async healAll(): Promise<void> {
    const { awsFaults } = await this.status();
    for (const target of ['all', ...Object.keys(awsFaults)]) await this.fault('heal', target);
  }

  /** By the master user, on that slot's server. */
  async sql(slot: string, statement: string): Promise<void> {
    await this.output(['psql', slot, '--', '--quiet', '--no-psqlrc', '--set=ON_ERROR_STOP=1', '--command', statement]);
  }

  /** By the superuser, on the machine of that slot or of the `primary`. Gives the rows, without a heading. */
  superuserSql(target: string, statement: string): Promise<string> {
    const quiet = ['--quiet', '--no-psqlrc', '--no-align', '--tuples-only', '--set=ON_ERROR_STOP=1'];
    const psql = ['psql', ...quiet, '--dbname=postgres', `--command=${statement}`];
    return this.exec(target, 'runuser', '--user=postgres', '--', ...psql);
  }

  /** One query takes memory until the kernel ends its backend. @throws Error when it was ended by anything else */
  async exhaustMemory(slot: string): Promise<void> {
    // Tens of bytes for each row, none of which goes to the disk.
    const query = "set work_mem = '2000GB'; select count(*) from generate_series(1, 1000000000)";
    const end = await this.superuserSql(slot, query).then(
      (counted) => `it has counted ${counted.trim()} rows`,
      (error: unknown) => messageOf(error),
    );
    if (!end.includes('server closed the connection unexpectedly')) {
      throw new Error(`A query did not exhaust the memory of slot ${slot}: ${end}`);
    }
  }

  /**
   * The master user takes every connection that an ordinary user can have, and keeps them for so long.
   * @throws Error when there were more than anybody could take
   */
  async exhaustConnections(slot: string, seconds: number): Promise<void> {
    const script = `
      host=$(printf %s "$PGHOST" | tr , '\\n' | grep '^${slot}\\.')
      for each in $(seq ${MOST_CONNECTIONS}); do
        PGHOST=$host PGTARGETSESSIONATTRS=any psql --no-psqlrc --quiet --command "select pg_sleep(${seconds})" 2>&1 >/dev/null &
      done; wait`;
    const said = await this.output(['client', '--', 'sh', '-c', script]);
    if (!/too many clients|remaining connection slots/.test(said)) {
      throw new Error(
        `${MOST_CONNECTIONS} connections did not exhaust slot ${slot}: ${said.trim() || 'nobody was refused'}`,
      );
    }
  }

  /** What the command prints on the slot's machine. */
  exec(slot: string, ...command: readonly string[]): Promise<string> {
    return this.output(['exec', slot, '--', ...command]);
  }

  /** A slot's journal, or the log of `health-checker`. */
  logs(target: string): Promise<string> {
    return this.output(['logs', target]);
  }

  /** Runs commands on the application machine, which sees `directory` at its own path. */
  client(directory: string): Launch {
    return (command, stdio) => this.start(['client', '--', ...command], stdio, directory);
  }

  /** Whether a lab is up, by its own answer. */
  async isUp(): Promise<boolean> {
    const [code] = (await once(this.start(['status', '--json'], 'ignore'), 'exit')) as [number | null];
    return code === 0;
  }

  /** Asks again and again until the cluster is whole and `also` holds. @throws Error that says what is missing */
  async untilWhole(timeoutMs: number, also: (status: StatusReport) => boolean = () => true): Promise<StatusReport> {
    let last: StatusReport | undefined;
    try {
      return await waitFor(
        async () => {
          last = await this.status();
          return last.healthy && also(last) ? last : undefined;
        },
        { what: 'The cluster is whole', timeoutMs, everyMs: 1_000 },
      );
    } catch (error) {
      const missing = last?.unhealthy.join('; ') ?? '';
      throw new Error(`The cluster is not whole after ${timeoutMs / 1000} s: ${missing || 'it does not answer'}`, {
        cause: error,
      });
    }
  }

  private start(args: readonly string[], stdio: StdioOptions, directory?: string): ChildProcess {
    return spawn(SCRIPT, args, { stdio, env: this.env, ...(directory === undefined ? {} : { cwd: directory }) });
  }

  private async output(args: readonly string[], stderr: 'inherit' | 'pipe' = 'pipe'): Promise<string> {
    const child = this.start(args, ['ignore', 'pipe', stderr]);
    const complaints = child.stderr === null ? Promise.resolve('see above') : text(child.stderr);
    const printed = child.stdout === null ? Promise.resolve('') : text(child.stdout);
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) {
      throw new Error(`script/lab ${args.join(' ')} ended with ${code ?? 'a signal'}: ${(await complaints).trim()}`);
    }
    return printed;
  }
}
