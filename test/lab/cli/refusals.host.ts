import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtemp, symlink, writeFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandFailed, run } from '../../../lab/host/command';
import { waitFor } from '../../../lab/host/wait';

/** A lab that nobody brings up: what is refused here is refused before anything is made. */
const NAME = 'refusals';
const LAB = join(__dirname, '../../../script/lab');

/** Standard error of a command that must fail. */
async function refusal(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const outcome = await run(program, args, { env: { HOLDFAST_LAB: NAME, ...env } }).catch((error: unknown) => error);
  if (!(outcome instanceof CommandFailed)) throw new Error(`Expected a refusal, got: ${String(outcome)}`);
  expect(outcome.exitCode).toBe(1);
  return outcome.stderr;
}

/** A directory that is searched for programs. */
async function programs(links: Record<string, string>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lab-path-'));
  for (const [name, target] of Object.entries(links)) await symlink(target, join(directory, name));
  return directory;
}

describe('A machine that cannot carry the lab is told why', () => {
  test('without root', async () => {
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--', LAB, 'status'];
    expect(await refusal('setpriv', nobody)).toContain('The lab needs root');
  });

  test('without apt', async () => {
    const path = await programs({
      dirname: '/usr/bin/dirname',
      basename: '/usr/bin/basename',
      uname: '/usr/bin/uname',
    });
    expect(await refusal('/bin/bash', [LAB], { PATH: path })).toContain('The lab needs Debian or Ubuntu');
    await rm(path, { recursive: true });
  });

  test('without network namespaces', async () => {
    const path = await programs({});
    await writeFile(join(path, 'unshare'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const PATH = `${path}:${process.env['PATH'] ?? ''}`;
    expect(await refusal(LAB, ['up'], { PATH })).toContain('The kernel has no network namespaces (CONFIG_NET_NS)');
    await rm(path, { recursive: true });
  });
});

test('A second up while one runs is refused.', async () => {
  const lock = `/run/lock/${NAME}-lab-up.lock`;
  const holder = spawn('flock', [lock, 'sleep', 'infinity'], { detached: true });
  await waitFor(
    () =>
      run('flock', ['--nonblock', lock, 'true']).then(
        () => undefined,
        () => true,
      ),
    {
      what: 'The lock is held',
      timeoutMs: 10_000,
    },
  );
  expect(await refusal(LAB, ['up'])).toContain('Another "script/lab up" is running.');
  process.kill(-(holder.pid ?? 0));
  await rm(lock);
});

test.each(['status', 'watch', 'events', 'psql', 'logs a', 'fault pause primary', 'holdfast status'])(
  'While the lab is down, "%s" says how to bring it up.',
  async (command) => {
    expect(await refusal(LAB, command.split(' '))).toBe(
      'script/lab: The lab is not up. Bring it up with: script/lab\n',
    );
  },
);

test('Wrong words are answered with the right ones.', async () => {
  expect(await refusal(LAB, ['fault', 'explode', 'primary'])).toContain(
    'Allowed choices are kill-postgres, kill-agent, pause',
  );
  expect(await refusal(LAB, ['fault', 'pause', 'a', '--for', '10'])).toContain('"10" is not a duration');
  expect(await refusal(LAB, ['up', '--aws-times', 'quick'])).toContain('Allowed choices are real, short.');
  expect(await refusal(LAB, ['exec', 'a'])).toContain('Write it after two dashes: -- COMMAND');
  expect(await refusal(LAB, ['status'], { HOLDFAST_LAB: 'Not-A-Name' })).toContain(
    '"Not-A-Name" is no name for a lab.',
  );
});

test('Down has nothing to do when nothing is up, and says so by its exit code.', async () => {
  await expect(run(LAB, ['down'], { env: { HOLDFAST_LAB: NAME } })).resolves.toBe('');
});
