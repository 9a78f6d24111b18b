import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, succeed } from './command';
import { isMissing } from './durable';
import { errorCode } from './error-code';

/** How PostgreSQL is asked to end. `fast`: disconnects everybody, checkpoints, stops. `immediate`: no checkpoint. `kill`: the kernel ends every process. */
export type StopSignal = 'fast' | 'immediate' | 'kill';

/** One PostgreSQL server as the operating system sees it: the processes, never what it says over SQL. */
export interface Service {
  /** Asks for a start and resolves when the first process was started or has already failed, not when it answers. */
  start(): Promise<void>;
  /** Sends, and cancels a start that is still queued. Does not wait for the end: {@link hasProcess} tells. */
  stop(signal: StopSignal): Promise<void>;
  /**
   * Whether any process may be left, orphaned backends included, or one may yet appear because a start is queued.
   * False is a proof: a pledge rests on it (protocol S9). Doubt answers true.
   */
  hasProcess(): Promise<boolean>;
  /** Whether a process of the server is to be seen: a glance that costs little, and no proof of the contrary. */
  seemsToRun(): Promise<boolean>;
  /** The postmaster. */
  mainPid(): Promise<number | undefined>;
}

/** Where the hierarchies that systemd uses are mounted: version 2 alone, or beside version 1 (hybrid), or version 1. */
const CONTROL_GROUP_ROOTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd'] as const;

const SYSTEMCTL_TIMEOUT_MS = 10_000;
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 50;

const SIGNAL_OF = { fast: 'SIGINT', immediate: 'SIGQUIT', kill: 'SIGKILL' } as const;

interface UnitState {
  readonly activeState: string;
  readonly mainPid: number;
  /** Id of a queued job; 0 without one. */
  readonly job: number;
  /** Changes with each start of the main process. */
  readonly invocation: string;
}

/**
 * A systemd unit as a {@link Service}.
 *
 * Signals go straight to the processes in the unit's control group, so that fencing needs no answer from systemd;
 * systemd is told as well, because only it can cancel a start that is queued.
 */
export class SystemdService implements Service {
  private readonly controlGroups: readonly string[];

  constructor(private readonly unit: string) {
    this.controlGroups = CONTROL_GROUP_ROOTS.map((root) => join(root, 'system.slice', unit));
  }

  async start(): Promise<void> {
    const before = await this.state();
    await succeed('systemctl', ['start', '--no-block', this.unit], { timeoutMs: SYSTEMCTL_TIMEOUT_MS });
    const deadline = performance.now() + START_TIMEOUT_MS;
    for (;;) {
      const now = await this.state();
      const running = now.activeState === 'active' || (now.activeState === 'activating' && now.mainPid !== 0);
      const over = now.job === 0 && now.activeState !== 'activating';
      if (running || over || now.invocation !== before.invocation) return;
      if (performance.now() > deadline) throw new Error(`${this.unit} was not started within ${START_TIMEOUT_MS} ms.`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async stop(signal: StopSignal): Promise<void> {
    if (signal === 'kill') await this.killAll();
    else await this.signalMain(SIGNAL_OF[signal]);
    await succeed('systemctl', ['stop', '--no-block', this.unit], { timeoutMs: SYSTEMCTL_TIMEOUT_MS });
    // One that was just being started may have escaped the first round.
    if (signal === 'kill') await this.killAll();
  }

  async hasProcess(): Promise<boolean> {
    if (await this.seemsToRun()) return true;
    const { activeState, job } = await this.state();
    if (job !== 0 || (activeState !== 'inactive' && activeState !== 'failed')) return true;
    return this.seemsToRun();
  }

  async seemsToRun(): Promise<boolean> {
    return (await this.processes()).length > 0;
  }

  /** From the kernel, which answers sooner than systemd; from systemd where orphans leave it open which one it is. */
  async mainPid(): Promise<number | undefined> {
    const [root, ...more] = await rootsOf(await this.processes());
    if (root !== undefined && more.length === 0) return root;
    const { mainPid } = await this.state();
    return mainPid === 0 ? undefined : mainPid;
  }

  private async signalMain(signal: NodeJS.Signals): Promise<void> {
    const pid = await this.mainPid();
    if (pid !== undefined) sendSignal(pid, signal);
  }

  private async killAll(): Promise<void> {
    for (const group of this.controlGroups) {
      try {
        // Version 2 only: ends every process of the group at once, those that are just forking included.
        await writeFile(join(group, 'cgroup.kill'), '1', { flag: 'r+' });
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
    for (const pid of await this.processes()) sendSignal(pid, 'SIGKILL');
  }

  private async processes(): Promise<number[]> {
    const found = await Promise.all(this.controlGroups.map(processesBelow));
    return [...new Set(found.flat())];
  }

  private async state(): Promise<UnitState> {
    const { stdout } = await succeed(
      'systemctl',
      ['show', '--property=ActiveState,MainPID,Job,InvocationID', this.unit],
      { timeoutMs: SYSTEMCTL_TIMEOUT_MS },
    );
    const properties = new Map(stdout.split('\n').map((line) => splitOnce(line, '=')));
    return {
      activeState: properties.get('ActiveState') ?? '',
      mainPid: Number(properties.get('MainPID') ?? 0),
      job: Number.parseInt(properties.get('Job') ?? '', 10) || 0,
      invocation: properties.get('InvocationID') ?? '',
    };
  }
}

/** Whether the machine is shutting down: then nothing is started any more. */
export async function isMachineStopping(): Promise<boolean> {
  const { stdout } = await run('systemctl', ['is-system-running'], { timeoutMs: SYSTEMCTL_TIMEOUT_MS });
  return stdout.trim() === 'stopping';
}

async function processesBelow(group: string): Promise<number[]> {
  try {
    const own = (await readFile(join(group, 'cgroup.procs'), 'utf8')).split('\n').filter((line) => line !== '');
    const entries = await readdir(group, { withFileTypes: true });
    const children = entries.filter((entry) => entry.isDirectory()).map((entry) => join(group, entry.name));
    const below = await Promise.all(children.map(processesBelow));
    return [...own.map(Number), ...below.flat()];
  } catch (error) {
    // systemd removes a group when its last process has gone.
    if (isMissing(error) || isGone(error)) return [];
    throw error;
  }
}

/** Those of the processes whose parent is none of them. */
async function rootsOf(pids: readonly number[]): Promise<number[]> {
  const parents = await Promise.all(pids.map(parentOf));
  return pids.filter((_, index) => {
    const parent = parents[index];
    return parent !== undefined && !pids.includes(parent);
  });
}

/** Undefined when it has ended. */
async function parentOf(pid: number): Promise<number | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // Its name, which stands in parentheses, may contain anything.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch (error) {
    if (isMissing(error) || errorCode(error) === 'ESRCH') return undefined;
    throw error;
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/** Reading a group that is being removed. */
function isGone(error: unknown): boolean {
  return errorCode(error) === 'ENODEV';
}

function splitOnce(line: string, separator: string): [string, string] {
  const at = line.indexOf(separator);
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}
