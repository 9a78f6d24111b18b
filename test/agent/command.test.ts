import { describe, expect, jest, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { CommandError, CommandFailed, CommandTimeout, run, succeed } from '../../agent/command';
import { eventually } from './support/eventually';

/** Programs are started here: on a busy machine that takes a while. */
jest.setTimeout(120_000);

const timeoutMs = 30_000;
const bash = (script: string, options: Partial<Parameters<typeof run>[2]> = {}) =>
  run('bash', ['-c', script], { timeoutMs, ...options });

describe('a command', () => {
  test('gives its exit status and what it said', async () => {
    expect(await bash('echo out; echo err >&2; exit 3')).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n' });
  });

  test('that a signal ended has 128 + its number', async () => {
    expect(await bash('kill -TERM $$')).toMatchObject({ code: 143 });
  });

  test('reads what it is given, or nothing at all', async () => {
    expect((await run('cat', [], { timeoutMs, stdin: 'text' })).stdout).toBe('text');
    expect((await run('cat', [], { timeoutMs })).stdout).toBe('');
  });

  test('may leave its input unread', async () => {
    expect(await run('true', [], { timeoutMs, stdin: 'x'.repeat(1_000_000) })).toMatchObject({ code: 0 });
  });

  test('gets nothing of the agent but what it is given, and stands in the root directory', async () => {
    process.env['HOLDFAST_TEST_ONLY'] = 'leaked';
    const { stdout } = await bash('echo "$HOLDFAST_TEST_ONLY|$GIVEN|$LC_ALL|$PWD"', { environment: { GIVEN: 'yes' } });
    expect(stdout).toBe('|yes|C.UTF-8|/\n');
  });

  test('tells its progress while it runs', async () => {
    const pieces: string[] = [];
    await bash('echo 10% >&2', { onStderr: (text) => pieces.push(text) });
    expect(pieces.join('')).toBe('10%\n');
  });
});

describe('a command that goes wrong', () => {
  test('status other than 0 is an error with its last words', async () => {
    const failing = succeed('bash', ['-c', 'echo first; echo "no space left" >&2; exit 2'], { timeoutMs });
    await expect(failing).rejects.toThrow(new CommandFailed('bash', { code: 2, stdout: '', stderr: 'no space left' }));
  });

  test('that does not exist is an error', async () => {
    await expect(run('/no/such/program', [], { timeoutMs })).rejects.toThrow('/no/such/program could not be started');
  });

  test('is killed at its deadline with everything that it started', async () => {
    // The child ignores every polite signal and keeps the output open.
    const slow = bash("(trap '' TERM INT HUP; echo $BASHPID >&2; while :; do sleep 0.01; done) & wait", {
      timeoutMs: 1_000,
      onStderr: (text) => (child = text.trim()),
    });
    let child = '';
    await expect(slow).rejects.toBeInstanceOf(CommandTimeout);
    expect(child).toMatch(/^\d+$/);
    await eventually('the child has gone', async () => !(await isAlive(child)));
  });

  test('is killed when it is called off', async () => {
    const caller = new AbortController();
    const called = run('sleep', ['1000'], { timeoutMs, signal: caller.signal });
    caller.abort();
    await expect(called).rejects.toThrow(new CommandError('sleep was called off.'));
    await expect(run('true', [], { timeoutMs, signal: caller.signal })).rejects.toBeInstanceOf(CommandError);
  });

  test('is killed when it says more than anything sensible', async () => {
    await expect(run('cat', ['/dev/zero'], { timeoutMs })).rejects.toThrow('cat said more than 16777216 bytes.');
  });
});

async function isAlive(pid: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat !== undefined && !/\) [ZX] /.test(stat);
}
