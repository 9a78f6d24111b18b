import { spawn, type ChildProcess } from 'node:child_process';
import { open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../../../agent/error-code';
import type { SystemUser } from '../../../../agent/command';
import type { Layout } from '../../../../agent/layout';
import type { Service, StopSignal } from '../../../../agent/unit';

const SIGNAL_OF = { fast: 'SIGINT', immediate: 'SIGQUIT', kill: 'SIGKILL' } as const;

/**
 * PostgreSQL as a child of the test, with the command line of the unit. Every process of a server has the data
 * directory as its working directory, which is how those are found that outlive their postmaster.
 */
export class DirectService implements Service {
  private child: ChildProcess | undefined;

  constructor(
    private readonly layout: Layout,
    private readonly user: SystemUser,
    private readonly binDirectory: string,
    readonly logPath: string,
  ) {}

  async start(): Promise<void> {
    const log = await open(this.logPath, 'a');
    try {
      const { config, data } = this.layout;
      this.child = spawn(
        join(this.binDirectory, 'postgres'),
        [
          ...['-D', data],
          ...['-c', `config_file=${config.postgresql}`],
          ...['-c', `hba_file=${config.hba}`],
          ...['-c', `ident_file=${config.ident}`],
        ],
        {
          cwd: '/',
          env: { LC_ALL: 'C.UTF-8' },
          uid: this.user.uid,
          gid: this.user.gid,
          stdio: ['ignore', log.fd, log.fd],
        },
      );
      // A server that a failed test leaves behind must not keep the run from ending; the namespace takes it along.
      this.child.unref();
    } finally {
      await log.close();
    }
  }

  async stop(signal: StopSignal): Promise<void> {
    const pids = signal === 'kill' ? await this.processes() : [await this.mainPid()];
    for (const pid of pids) if (pid !== undefined) sendSignal(pid, SIGNAL_OF[signal]);
  }

  async hasProcess(): Promise<boolean> {
    // Just started, it has not yet gone to its directory.
    return (await this.mainPid()) !== undefined || (await this.processes()).length > 0;
  }

  async seemsToRun(): Promise<boolean> {
    return (await this.mainPid()) !== undefined;
  }

  mainPid(): Promise<number | undefined> {
    const running = this.child?.exitCode === null && this.child.signalCode === null;
    return Promise.resolve(running ? this.child?.pid : undefined);
  }

  async processes(): Promise<number[]> {
    const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
    const found = await Promise.all(all.map(async (pid) => ({ pid, cwd: await workingDirectory(pid) })));
    return found.filter(({ cwd }) => cwd === this.layout.data).map(({ pid }) => pid);
  }
}

async function workingDirectory(pid: number): Promise<string | undefined> {
  try {
    return await readlink(`/proc/${pid}/cwd`);
  } catch {
    // It has ended; a zombie has no directory either.
    return undefined;
  }
}

export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}
