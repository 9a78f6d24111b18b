import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { daemon } from './connection';

export interface LogOptions {
  readonly follow: boolean;
  /** Only the last so many lines. */
  readonly lines?: number;
}

/** `logs SLOT|health-checker`. Gives the exit code. */
export function logs(target: string, options: LogOptions): Promise<number> {
  return target === 'health-checker' ? functionLogs(options) : machineLogs(target, options);
}

async function machineLogs(target: string, options: LogOptions): Promise<number> {
  const machine = await daemon.machine(target);
  if (!existsSync(machine.journal)) {
    process.stdout.write(await readFile(machine.consoleFile, 'utf8'));
    return 0;
  }
  const args = [`--directory=${machine.journal}`, '--no-pager', '--output=short-iso'];
  if (options.lines !== undefined) args.push(`--lines=${options.lines}`);
  if (options.follow) args.push('--follow');
  const child = spawn('journalctl', args, { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

async function functionLogs(options: LogOptions): Promise<number> {
  let all = await daemon.functionLogs();
  for (const line of options.lines === undefined ? all : all.slice(-options.lines)) process.stdout.write(`${line}\n`);
  while (options.follow) {
    await pause(500);
    const before = all.length;
    all = await daemon.functionLogs();
    for (const line of all.slice(before)) process.stdout.write(`${line}\n`);
  }
  return 0;
}
