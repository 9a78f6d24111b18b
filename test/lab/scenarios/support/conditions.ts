import { setTimeout as pause } from 'node:timers/promises';
import { slotOf } from '../../../../core/member';
import { DEFAULT_POLICY } from '../../../../core/policy';
import type { StatusReport } from '../../../../lab/daemon/api';
import type { LabCommand } from '../../../../lab/workload/lab-command';
import type { Workload } from '../../../../lab/workload/workload';
import { everyClientWrites, lastAcknowledgedMs, onItsClock } from './progress';
import type { Awaited, Role } from './scenario';

/** When a test gives up. No statement about how long anything takes: far longer than it ever should. */
export const GIVE_UP_MS = 300_000;

/** A consumer's move. */
const CONSUME = 'select pg_logical_slot_get_changes(slot_name, null, null) from pg_replication_slots where failover';
const COPIED_SLOTS = 'select count(*) from pg_replication_slots where synced and not temporary';

export interface Scene {
  readonly lab: LabCommand;
  readonly workload: Workload;
  readonly slots: Readonly<Record<Role, string>>;
  readonly before: StatusReport;
}

const CONDITIONS: Readonly<Record<Awaited, (scene: Scene, beganAtMs: number) => Promise<void>>> = {
  'every client writes': (scene, beganAtMs) => writesSince(scene, 'Every client writes', beganAtMs),
  'every client has written for 15 s': (scene, beganAtMs) =>
    writesSince(scene, 'Every client has written for 15 s', beganAtMs + 15_000),
  'nobody has written for 10 s': ({ workload }) =>
    workload.until('Nobody has written for 10 s', GIVE_UP_MS, (entries) => {
      const last = lastAcknowledgedMs(entries);
      return last !== undefined && onItsClock(entries, Date.now()) - last > 10_000;
    }),
  'the standby has left the guarantee': (scene) => leftGuarantee(scene, 'standby'),
  'the other has left the guarantee': (scene) => leftGuarantee(scene, 'other'),
  'the primary has moved': (scene) =>
    untilStatus(
      scene,
      'The primary has moved',
      ({ phase, primary }) => phase === 'steady' && primary?.slot !== scene.slots.primary,
    ),
  'an agent coordinates': (scene) =>
    untilStatus(scene, 'An agent coordinates', ({ slots }) => slots.some(({ coordinating }) => coordinating === true)),
  'no agent coordinates': (scene) =>
    untilStatus(scene, 'No agent coordinates', ({ slots }) => slots.every(({ coordinating }) => coordinating !== true)),
  'a failover would not be too soon': async ({ lab }) => {
    const { betweenFailoversMs } = DEFAULT_POLICY;
    await until('A failover would not be too soon', async () =>
      (await lab.events()).every(({ convictedAtMs }) => Date.now() - convictedAtMs > betweenFailoversMs),
    );
  },
  // What was there is terminated, and nothing new can be launched.
  'the machines of lost zones are gone': (scene) =>
    untilStatus(scene, 'The machines of lost zones are gone', ({ slots }) =>
      slots.every(({ slot, instanceId, leaderPid }) => leaderPid !== undefined || instanceId !== idOf(scene, slot)),
    ),
  'every standby has a copy of the logical slot': (scene) =>
    untilStatus(scene, 'Every standby has a copy of the logical slot', (status) => everyStandbyHasCopy(scene, status)),
};

/** @throws Error naming what did not come about */
export function awaitCondition(awaited: Awaited, scene: Scene): Promise<void> {
  return CONDITIONS[awaited](scene, Date.now());
}

function writesSince({ workload }: Scene, what: string, epochMs: number): Promise<void> {
  return workload.until(what, GIVE_UP_MS, (entries) => everyClientWrites(entries, onItsClock(entries, epochMs)));
}

function leftGuarantee(scene: Scene, role: Role): Promise<void> {
  return untilStatus(scene, `The ${role} has left the guarantee`, ({ phase, guarantees }) => {
    const [one, ...more] = guarantees;
    if (phase !== 'steady' || one === undefined || more.length > 0) return false;
    return !one.standbys.some((member) => slotOf(member) === scene.slots[role]);
  });
}

async function everyStandbyHasCopy({ lab }: Scene, { primary, slots }: StatusReport): Promise<boolean> {
  if (primary === undefined || slots.some(({ healthy }) => !healthy)) return false;
  // A copy becomes one for good when its slot has moved past what the standby still has.
  await lab.superuserSql(primary.slot, `${CONSUME}; select pg_log_standby_snapshot()`);
  const standbys = slots.filter(({ slot }) => slot !== primary.slot);
  const copies = standbys.map(({ slot }) => lab.superuserSql(slot, COPIED_SLOTS));
  return (await Promise.all(copies)).every((count) => count.trim() === '1');
}

async function untilStatus(
  { lab }: Scene,
  what: string,
  holds: (status: StatusReport) => boolean | Promise<boolean>,
): Promise<void> {
  let unhealthy: readonly string[] = [];
  await until(
    what,
    async () => {
      const status = await lab.status();
      unhealthy = status.unhealthy;
      return holds(status);
    },
    () => unhealthy.join('; '),
  );
}

async function until(what: string, holds: () => Promise<boolean>, why = () => ''): Promise<void> {
  const deadline = Date.now() + GIVE_UP_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what}: not so after ${GIVE_UP_MS / 1000} s. ${why()}`);
    await pause(250);
  }
}

function idOf({ before }: Scene, slot: string): string | undefined {
  return before.slots.find((each) => each.slot === slot)?.instanceId;
}
