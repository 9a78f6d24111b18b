import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { errorCode } from './error-code';

export interface CommandOptions {
  /** After this the command is killed and the call fails, whether or not the process can die. */
  readonly timeoutMs: number;
  /** Run as this system user instead of root. */
  readonly user?: SystemUser;
  readonly stdin?: string;
  /** Added to a minimal environment; nothing of the agent's own is passed on. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Kills the command. */
  readonly signal?: AbortSignal;
  /** Called with each piece of standard error as it comes, for progress. */
  readonly onStderr?: (text: string) => void;
}

export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

export interface CommandResult {
  /** Exit status; 128 + signal number when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command could not be started, or ran too long, or was called off. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
}

export class CommandTimeout extends CommandError {
  override readonly name = 'CommandTimeout';
}

/** The command ended with a status other than 0. */
export class CommandFailed extends CommandError {
  override readonly name = 'CommandFailed';
  constructor(
    command: string,
    readonly result: CommandResult,
  ) {
    super(`${command} ended with status ${result.code}: ${lastLines(result.stderr) || lastLines(result.stdout)}`);
  }
}

const MINIMAL_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
  HOME: '/nonexistent',
} as const;

/** More output than this is an error: nothing that the agent runs says so much. */
const MOST_OUTPUT_BYTES = 16 * 1024 * 1024;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/**
 * Runs a program, without a shell, and waits for it without ever blocking.
 *
 * - A process that hangs in the kernel cannot be killed. At the deadline this kills, stops listening and fails at once.
 * - It leads a process group of its own, so that what it started is killed with it.
 * - Its working directory is the root directory: starting a process waits for its `chdir`, and one into a hung volume
 *   would stop the whole agent.
 *
 * Resolves with any exit status; {@link succeed} insists on 0.
 *
 * @throws CommandTimeout, CommandError
 */
export function run(command: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    let child: Child;
    try {
      options.signal?.throwIfAborted();
      child = spawn(command, args, {
        cwd: '/',
        env: { ...MINIMAL_ENVIRONMENT, ...options.environment },
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: true,
        ...(options.user === undefined ? {} : { uid: options.user.uid, gid: options.user.gid }),
      });
    } catch (error) {
      reject(new CommandError(`${command} could not be started: ${String(error)}`));
      return;
    }
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr, options.onStderr);

    const giveUp = (error: CommandError): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', abort);
      killGroup(child.pid);
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      child.unref();
      reject(error);
    };
    const abort = (): void => giveUp(new CommandError(`${command} was called off.`));
    const timer = setTimeout(() => {
      giveUp(new CommandTimeout(`${command} did not end within ${options.timeoutMs} ms. ${lastLines(stderr.text())}`));
    }, options.timeoutMs);
    options.signal?.addEventListener('abort', abort, { once: true });
    for (const output of [stdout, stderr]) {
      output.onOverflow = () => giveUp(new CommandError(`${command} said more than ${MOST_OUTPUT_BYTES} bytes.`));
    }

    child.on('error', (error) => giveUp(new CommandError(`${command} could not be started: ${error.message}`)));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', abort);
      resolve({ code: exitCode(code, signal), stdout: stdout.text(), stderr: stderr.text() });
    });
    // A program that ends without reading its input closes the pipe; its exit status tells what it thought of it.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
  });
}

function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch (error) {
    // It has ended already.
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/** Like {@link run}. @throws CommandFailed also when the exit status is not 0. */
export async function succeed(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const result = await run(command, args, options);
  if (result.code !== 0) throw new CommandFailed(command, result);
  return result;
}

/** The ids of a system user, as the name service knows it. */
export async function systemUser(name: string): Promise<SystemUser> {
  const { stdout } = await succeed('getent', ['passwd', name], { timeoutMs: 5_000 });
  const [, , uid, gid] = stdout.split(':');
  return { uid: wholeNumber(uid), gid: wholeNumber(gid) };
}

interface Collected {
  text(): string;
  onOverflow: () => void;
}

function collect(stream: Readable, onText?: (text: string) => void): Collected {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const collected: Collected = {
    text: () => Buffer.concat(pieces).toString('utf8'),
    onOverflow: () => undefined,
  };
  stream.on('data', (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > MOST_OUTPUT_BYTES) collected.onOverflow();
    else pieces.push(piece);
    onText?.(piece.toString('utf8'));
  });
  return collected;
}

function exitCode(code: number | null, signal: NodeJS.Signals | null): number {
  if (code !== null) return code;
  return 128 + (signal === null ? 0 : constants.signals[signal]);
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-5).join('\n');
}

function wholeNumber(text: string | undefined): number {
  if (text === undefined || !/^\d+$/.test(text)) throw new Error(`"${text ?? ''}" is not a user id.`);
  return Number(text);
}
