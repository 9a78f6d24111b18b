import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { LabCommand } from '../../../lab/workload/lab-command';
import { GIVE_UP_MS } from './support/conditions';
import { survive, type Trial } from './support/trial';

/** Set while writing scenarios: works on the lab that is up, and leaves it up. */
const useRunningLab = process.env['HOLDFAST_USE_RUNNING_LAB'] === '1';
/** Otherwise a lab of its own: somebody's usual one may be up beside it. */
const lab = new LabCommand(useRunningLab ? undefined : 'survival');

/** Images are built on the first run. */
const UP_MS = 1_200_000;
/** Four waits may follow each other, and the lab may have to be made anew before. */
const SCENARIO_MS = UP_MS + 5 * GIVE_UP_MS;

jest.setTimeout(SCENARIO_MS);

describe('under load, without a hand, and without losing anything acknowledged, the cluster survives', () => {
  beforeAll(async () => {
    if (useRunningLab) return;
    // What a run left that was killed.
    await lab.down();
    await lab.up('short');
  });

  afterAll(async () => {
    if (!useRunningLab) await lab.down();
  });

  // A scenario that failed must not spoil the next one.
  beforeEach(async () => {
    try {
      await lab.untilWhole(GIVE_UP_MS);
    } catch (error) {
      if (useRunningLab) throw error;
      await lab.down();
      await lab.up('short');
    }
  });

  test('the death of the primary’s postmaster', async () => {
    whole(await survive(lab, { name: 'kill-postgres', target: 'primary', cutsClients: true, replacesMachine: false }));
  });

  test('a primary whose PostgreSQL is stopped for ever', async () => {
    const trial = await survive(lab, { name: 'pause', target: 'primary', cutsClients: true, replacesMachine: false });
    whole(trial);
    elsewhere(trial);
  });

  test('a power cut of the primary', async () => {
    const trial = await survive(lab, {
      name: 'power-off',
      target: 'primary',
      cutsClients: true,
      replacesMachine: true,
    });
    whole(trial);
    elsewhere(trial);
  });

  test('a primary that is cut off from everybody and comes back', async () => {
    const fault = { name: 'partition', target: 'primary', duration: '20s' } as const;
    const trial = await survive(lab, { ...fault, cutsClients: true, replacesMachine: false });
    whole(trial);
    elsewhere(trial);
  });

  test('the termination of the primary’s instance, whose volume its successor gets', async () => {
    const volumes = await volumesBySlot();
    const trial = await survive(lab, {
      name: 'terminate',
      target: 'primary',
      cutsClients: true,
      replacesMachine: true,
    });
    whole(trial);
    elsewhere(trial);
    expect(await volumesBySlot()).toEqual(volumes);
  });

  test('the termination of a standby’s instance, whose volume and data its successor gets', async () => {
    const volumes = await volumesBySlot();
    const trial = await survive(lab, {
      name: 'terminate',
      target: 'standby',
      cutsClients: false,
      replacesMachine: true,
    });
    whole(trial);
    expect(await volumesBySlot()).toEqual(volumes);
    // The same member: it streams from where it was and is no fresh copy.
    const memberOf = ({ slots }: Trial['before']) => slots.find(({ slot }) => slot === trial.hit.slot)?.member;
    expect(memberOf(trial.after)).toBe(memberOf(trial.before));
    expect(trial.after.primary).toEqual(trial.before.primary);
  });
});

/** One primary, two standbys, all three well, and all of them with everything. */
function whole({ after, finals, verdict }: Trial): void {
  expect(verdict.violations).toEqual([]);
  expect(after.slots.map(({ slot, healthy }) => ({ slot, healthy }))).toEqual(
    ['a', 'b', 'c'].map((slot) => ({ slot, healthy: true })),
  );
  expect(after.slots.filter(({ role }) => role === 'primary').map(({ slot }) => slot)).toEqual([after.primary?.slot]);
  expect(finals).toHaveLength(3);
}

function elsewhere({ before, after }: Trial): void {
  expect(after.primary?.slot).not.toBe(before.primary?.slot);
  expect(after.term).toBeGreaterThan(before.term ?? Infinity);
}

/** The EBS volumes that each slot's machine has, as the machine itself sees them. */
async function volumesBySlot(): Promise<Record<string, string>> {
  const slots = ['a', 'b', 'c'];
  const seen = slots.map(async (slot) => [slot, await lab.exec(slot, 'ls', '/dev/disk/by-id')] as const);
  return Object.fromEntries(await Promise.all(seen));
}
