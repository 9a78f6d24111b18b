import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StatusReport } from '../../../../lab/daemon/api';
import type { LabCommand } from '../../../../lab/workload/lab-command';
import { Workload } from '../../../../lab/workload/workload';
import { awaitCondition, GIVE_UP_MS, type Scene } from './conditions';
import { keepEvidence } from './evidence';
import { finishAndJudge, type Judged } from './judged';
import { everyClientReconnected, everyClientWrites, onItsClock } from './progress';
import type { Role, Scenario, Step } from './scenario';

export interface Run extends Judged {
  readonly slots: Readonly<Record<Role, string>>;
  readonly before: StatusReport;
  readonly after: StatusReport;
  /** When the first step was done that is more than a wait, by the history's clock. */
  readonly beganAtMs: number;
}

/**
 * One scenario under load: clients write and read all along, its steps are done, and nobody lends a hand until every
 * client writes again and all slots are healthy. When that fails, the directory with the history is kept and named.
 */
export async function carryOut(lab: LabCommand, scenario: Scenario): Promise<Run> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-scenario-'));
  const launch = lab.client(directory);
  let workload: Workload | undefined;
  try {
    const before = await lab.untilWhole(GIVE_UP_MS);
    workload = await Workload.start(directory, launch, 'judged');
    const scene: Scene = { lab, workload, before, slots: rolesIn(before) };
    await awaitCondition('every client writes', scene);
    const { steps } = scenario;
    const begin = steps.findIndex((step) => !('until' in step));
    for (const step of steps.slice(0, begin)) await take(step, scene);
    const beganEpochMs = Date.now();
    for (const step of steps.slice(begin)) await take(step, scene);
    const { clients } = scenario.expect;
    await workload.until('Every client writes again', GIVE_UP_MS, (entries) => {
      const sinceMs = onItsClock(entries, beganEpochMs);
      return clients === 'reconnect' ? everyClientReconnected(entries, sinceMs) : everyClientWrites(entries, sinceMs);
    });
    const after = await lab.untilWhole(GIVE_UP_MS, (status) => isOver(status) && isReplaced(scenario, scene, status));
    await awaitCondition('every client writes', scene);
    const judged = await finishAndJudge(workload, launch, GIVE_UP_MS);
    await rm(directory, { recursive: true });
    return { slots: scene.slots, before, after, beganAtMs: beganEpochMs - judged.history.epochMs, ...judged };
  } catch (error) {
    await keepEvidence(lab, directory);
    throw new Error(`${error instanceof Error ? error.message : String(error)}\nHistory and logs: ${directory}`, {
      cause: error,
    });
  } finally {
    await workload?.abandon();
  }
}

async function take(step: Step, scene: Scene): Promise<void> {
  const { lab, slots } = scene;
  const targets = (roles: readonly Role[]) => roles.map((role) => slots[role]).join(',');
  if ('until' in step) return awaitCondition(step.until, scene);
  if ('sql' in step) return scene.lab.sql(slots[step.on], step.sql);
  if ('exhaustConnections' in step) return scene.lab.exhaustConnections(slots[step.exhaustConnections], 20);
  if ('exhaustMemory' in step) return scene.lab.exhaustMemory(slots[step.exhaustMemory]);
  if ('superuserSql' in step) {
    await lab.superuserSql(step.on === 'new primary' ? 'primary' : slots[step.on], step.superuserSql);
  } else if ('holdfast' in step) await lab.holdfast(...step.holdfast);
  else if ('heal' in step) await lab.fault('heal', targets(step.heal));
  else if ('healService' in step) await lab.fault('heal', step.healService);
  else if ('service' in step) await lab.fault(step.fault, step.service, { duration: step.for });
  else {
    const from = step.from?.map((peer) => (isRole(peer) ? slots[peer] : peer));
    await lab.fault(step.fault, targets(step.to), { duration: step.for, from });
  }
}

function isRole(peer: string): peer is Role {
  return peer === 'primary' || peer === 'standby' || peer === 'other';
}

/** @throws Error for a cluster of fewer than three slots */
function rolesIn({ primary, slots }: StatusReport): Record<Role, string> {
  const [standby, other] = slots.filter(({ slot }) => slot !== primary?.slot);
  if (primary === undefined || standby === undefined || other === undefined) {
    throw new Error('A scenario wants a primary and two standbys.');
  }
  return { primary: primary.slot, standby: standby.slot, other: other.slot };
}

/** Faults that end by themselves have ended. */
function isOver({ slots, awsFaults }: StatusReport): boolean {
  return slots.every(({ faults }) => faults.length === 0) && Object.keys(awsFaults).length === 0;
}

function isReplaced({ expect }: Scenario, { slots, before }: Scene, status: StatusReport): boolean {
  return (expect.replaced ?? []).every((role) => {
    const idIn = (report: StatusReport) => report.slots.find(({ slot }) => slot === slots[role])?.instanceId;
    return idIn(status) !== idIn(before);
  });
}
