import { spawn, type ChildProcess } from 'node:child_process';

/** A program of the host failed; the message holds its name, its arguments and what it said. */
export class CommandFailed extends Error {
  constructor(
    readonly command: string,
    readonly exitCode: number | null,
    readonly stderr: string,
  ) {
    super(
      `${command} failed${exitCode === null ? '' : ` with exit code ${exitCode}`}: ${stderr.trim() || 'no message'}`,
    );
    this.name = 'CommandFailed';
  }
}

export interface CommandOptions {
  /** Written to its standard input, which is closed afterwards. */
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each piece of output as it comes. */
  readonly onOutput?: (text: string) => void;
}

const running = new Set<ChildProcess>();

/** Ends the programs that {@link run} still waits for: whoever is interrupted must not leave them behind. */
export function endRunning(): void {
  for (const child of running) child.kill('SIGTERM');
}

/** Runs a program of the host and gives its standard output. @throws CommandFailed */
export function run(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const command = [program, ...args].join(' ');
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd: options.cwd,
      env: options.env === undefined ? process.env : { ...process.env, ...options.env },
    });
    running.add(child);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      options.onOutput?.(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      options.onOutput?.(text);
    });
    // A program that ends without reading its input closes the pipe: its exit code tells the story.
    child.stdin.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') reject(error);
    });
    child.on('error', (error) => {
      running.delete(child);
      reject(new CommandFailed(command, null, error.message));
    });
    child.on('close', (code) => {
      running.delete(child);
      if (code === 0) resolve(stdout);
      else reject(new CommandFailed(command, code, stderr || stdout));
    });
    child.stdin.end(options.input ?? '');
  });
}
