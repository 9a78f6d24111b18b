import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { SlotRow, StatusReport as OperatorsStatus } from '../../../cli/status-report';
import type { FaultReport, StatusReport } from '../../../lab/daemon/api';
import { Cgroups } from '../../../lab/host/cgroups';
import { cleanUp, remains } from '../../../lab/host/cleanup';
import { CommandFailed, run } from '../../../lab/host/command';
import { layout } from '../../../lab/host/layout';
import { signal } from '../../../lab/host/processes';
import { waitFor } from '../../../lab/host/wait';

/** A lab of its own beside any other, from its coming up to its being gone, in all the ways it can go. */
jest.setTimeout(600_000);

const NAME = 'lifecycle';
const LAB = join(__dirname, '../../../script/lab');
const lab = layout(NAME);
const env = { HOLDFAST_LAB: NAME };
const script = (...args: string[]) => run(LAB, args, { env });
const status = async () => JSON.parse(await script('status', '--json')) as StatusReport;

async function exitCode(...args: string[]): Promise<number | null> {
  const outcome = await script(...args).catch((error: unknown) => error);
  return outcome instanceof CommandFailed ? outcome.exitCode : 0;
}

/** `up` as a process that can be hurt; resolves once AWS answers, when machines are about to boot. */
async function beginUp(): Promise<ChildProcess> {
  const up = spawn(LAB, ['up', '--aws-times', 'short'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let told = '';
  up.stderr.setEncoding('utf8').on('data', (text: string) => (told += text));
  await waitFor(() => (told.includes('AWS answers') ? true : undefined), { what: 'AWS answers', timeoutMs: 300_000 });
  return up;
}

function untilNothingRemains(): Promise<unknown> {
  return waitFor(async () => ((await remains(lab)).length === 0 ? true : undefined), {
    what: 'Nothing of the lab remains',
    timeoutMs: 60_000,
    everyMs: 200,
  });
}

afterAll(() => cleanUp(lab, { logs: true }));

describe('While it is up', () => {
  beforeAll(async () => {
    const report = JSON.parse(await script('up', '--json', '--aws-times', 'short')) as StatusReport;
    expect(report).toMatchObject({ phase: 'steady', healthy: true, unhealthy: [], awsTimes: 'short' });
  });

  test('its status says of every slot who, where and how far.', async () => {
    const { slots, primary, guarantees, endpoints } = await status();
    expect(slots.map((each) => each.slot)).toEqual(['a', 'b', 'c']);
    for (const slot of slots) {
      expect(slot).toMatchObject({ healthy: true, faults: [] });
      expect(slot.instanceId).toMatch(/^i-[0-9a-f]{17}$/);
      expect(slot.namespace).toBe(`${NAME}-${slot.instanceId ?? ''}`);
      expect(slot.lsn).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
      const inside = await run('nsenter', [
        `--target=${slot.leaderPid ?? 0}`,
        '--net',
        'ip',
        '-4',
        '-br',
        'addr',
        'show',
        'eth0',
      ]);
      expect(inside).toContain(`${slot.address ?? ''}/32`);
    }
    expect(slots.filter((each) => each.role === 'primary').map((each) => each.slot)).toEqual([primary?.slot]);
    expect(guarantees).toHaveLength(1);
    expect(endpoints.writerAddresses).toEqual([slots.find((each) => each.slot === primary?.slot)?.address]);
    expect(endpoints.dsn).toContain('target_session_attrs=read-write');
  });

  test('a second one of the same name is refused.', async () => {
    await expect(script('up')).rejects.toThrow('The lab is up already.');
  });

  test('the application machine reaches writer, reader and every slot, each with verified names.', async () => {
    const { primary } = await status();
    const standby = primary?.slot === 'a' ? 'b' : 'a';
    expect(await script('psql', '--', '-Atc', 'select pg_is_in_recovery()')).toBe('f\n');
    expect(await script('psql', 'reader', '--', '-Atc', 'select pg_is_in_recovery()')).toBe('t\n');
    expect(await script('psql', standby, '--', '-Atc', 'select pg_is_in_recovery()')).toBe('t\n');
    expect(await script('client', '--', 'psql', '-Atc', 'select postgis_version() is not null')).toBe('t\n');
    expect(await script('client', '--', 'sh', '-c', 'echo "$PGSSLMODE $PGTARGETSESSIONATTRS"')).toBe(
      'verify-full read-write\n',
    );
  });

  test('exit codes are those of the command inside.', async () => {
    expect(await exitCode('exec', 'primary', '--', 'sh', '-c', 'exit 7')).toBe(7);
    expect(await exitCode('client', '--', 'sh', '-c', 'exit 8')).toBe(8);
    expect(await exitCode('psql', '--', '-c', 'select nonsense')).toBe(1);
  });

  test('machines and the health checker have logs.', async () => {
    expect(await script('logs', 'primary', '--lines', '5')).not.toBe('');
    expect(await script('logs', 'health-checker', '--lines', '5')).not.toBe('');
  });

  test('a fault is seen on its machine alone, and ends.', async () => {
    const hit = JSON.parse(await script('fault', 'partition', 'standby', '--json')) as FaultReport;
    const faults = async () => Object.fromEntries((await status()).slots.map((each) => [each.slot, each.faults]));
    expect(await faults()).toMatchObject({ [hit.slot ?? '']: ['partition'] });
    expect(Object.values(await faults()).flat()).toEqual(['partition']);
    await script('fault', 'heal', hit.slot ?? '');
    await waitFor(async () => ((await status()).healthy ? true : undefined), {
      what: 'The cluster is whole again',
      timeoutMs: 120_000,
      everyMs: 500,
    });
    expect(Object.values(await faults()).flat()).toEqual([]);
  });

  describe('operators, with the permissions that the stack gives them and no way to the nodes,', () => {
    /** As `holdfast status` says it; it ends with 2 while the cluster is not whole. */
    const whole = async () => {
      const printed = await script('holdfast', 'status', '--json').catch(() => undefined);
      return printed === undefined ? undefined : (JSON.parse(printed) as OperatorsStatus);
    };
    const untilWhole = () =>
      waitFor(whole, { what: 'holdfast status says that the cluster is whole', timeoutMs: 120_000, everyMs: 500 });

    afterEach(() =>
      waitFor(async () => ((await status()).healthy ? true : undefined), {
        what: 'The cluster is whole again',
        timeoutMs: 120_000,
        everyMs: 500,
      }),
    );

    test('see the same as the lab itself does.', async () => {
      const seen = await untilWhole();
      const { primary, term, slots } = await status();
      expect(seen).toMatchObject({ whole: true, phase: 'steady', coordinator: { alive: true } });
      expect([seen.primary?.slot, seen.term]).toEqual([primary?.slot, term]);
      const places = (each: readonly SlotRow[]) =>
        each.map(({ slot, role, instanceId, address }) => ({ slot, role, instanceId, address }));
      expect(places(seen.slots)).toEqual(places(slots));
      expect(await script('holdfast')).toMatch(/^\S+ in \S+: whole, primary [abc], term \d+\nevery commit is on /);
    });

    test('read what a node and the health checker say.', async () => {
      const saying = (from: string, code: string) =>
        waitFor(
          async () =>
            (await script('holdfast', 'logs', from, '--since', '1d')).includes(`"code":"${code}"`) ? true : undefined,
          { what: `holdfast logs ${from} has ${code}`, timeoutMs: 60_000, everyMs: 500 },
        );
      await saying('a', 'agent-starts');
      await saying('health-checker', 'took-over');
    });

    test('make another node primary.', async () => {
      const { primary } = await untilWhole();
      const other = primary?.slot === 'c' ? 'b' : 'c';
      expect(await script('holdfast', 'switchover', other)).toMatch(new RegExp(`^${other} is primary, in term `));
      expect(await script('psql', other, '--', '-Atc', 'select pg_is_in_recovery()')).toBe('f\n');
      expect(await script('holdfast', 'events')).toContain(`switchover asked for (to ${other})`);
      await untilWhole();
    });

    test('keep a lost primary from being replaced while they work, and let it go on afterwards.', async () => {
      await script('holdfast', 'pause', '--reason', 'a new kernel');
      const before = await status();
      await script('fault', 'kill-postgres', 'primary');
      await waitFor(async () => ((await status()).slots.every((each) => each.healthy) ? true : undefined), {
        what: 'PostgreSQL is started again in its place',
        timeoutMs: 120_000,
        everyMs: 500,
      });
      expect(await status()).toMatchObject({ term: before.term, primary: before.primary, paused: true });
      expect(await script('holdfast', 'status').catch(String)).toContain('a new kernel');
      await script('holdfast', 'resume');
      await untilWhole();
    });
  });

  test('a fault of AWS is shown while it lasts, and does not hide the cluster.', async () => {
    await script('fault', 'outage', 'dynamodb');
    expect(await status()).toMatchObject({ awsFaults: { dynamodb: 'outage' }, phase: 'steady' });
    await script('fault', 'heal', 'dynamodb');
    expect((await status()).awsFaults).toEqual({});
  });
});

describe('It leaves nothing', () => {
  test('after its daemon was killed, and says what to do.', async () => {
    if ((await remains(lab)).length === 0) await script('up', '--aws-times', 'short');
    for (const pid of await new Cgroups(NAME).processes('region')) signal(pid, 'SIGKILL');
    await waitFor(
      () =>
        script('status').then(
          () => undefined,
          (error: Error) => error.message,
        ),
      {
        what: 'The daemon is gone',
        timeoutMs: 10_000,
      },
    );
    await expect(script('status')).rejects.toThrow("The lab's daemon has ended, but not by script/lab down");
    expect(await remains(lab)).not.toEqual([]);
    await script('down');
    expect(await remains(lab)).toEqual([]);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGKILL', null],
  ] as const)('when up is ended by %s half way.', async (how, code) => {
    await script('down');
    const up = await beginUp();
    up.kill(how);
    expect(await once(up, 'exit')).toEqual([code, code === null ? how : null]);
    await untilNothingRemains();
  });

  test('when the app cannot be synthesized, and tells what the app said.', async () => {
    await script('down');
    const broken = 'node -e "console.error(\'no such stack\'); process.exit(3)"';
    await expect(script('up', '--app', broken)).rejects.toThrow('no such stack');
    expect(await remains(lab)).toEqual([]);
  });
});
