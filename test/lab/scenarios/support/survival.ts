import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { remains } from '../../../../lab/host/cleanup';
import { layout } from '../../../../lab/host/layout';
import { LabCommand } from '../../../../lab/workload/lab-command';
import { GIVE_UP_MS } from './conditions';
import { carryOut, type Run } from './run';
import type { Scenario } from './scenario';
import { tell } from './telling';

/** Images are built on the first run. */
const UP_MS = 1_200_000;
/** Several waits may follow each other, and the lab may have to be made anew before. */
const SCENARIO_MS = UP_MS + 8 * GIVE_UP_MS;

/**
 * Tests: each scenario on a live cluster, one after the other. `passed` is called after each that has passed.
 *
 * The lab is one of its own, since somebody's usual one may be up beside it. HOLDFAST_USE_RUNNING_LAB=1, for writing
 * scenarios, works on the usual one and leaves it up.
 */
export function describeSurvival(
  labName: string,
  scenarios: readonly Scenario[],
  passed: (scenario: Scenario, run: Run) => void = () => undefined,
): void {
  const useRunningLab = process.env['HOLDFAST_USE_RUNNING_LAB'] === '1';
  const lab = new LabCommand(useRunningLab ? undefined : labName);
  jest.setTimeout(SCENARIO_MS);

  describe('under load, without a hand, and without losing anything acknowledged, the cluster survives', () => {
    beforeAll(async () => {
      if (useRunningLab) return;
      // What a run left that was killed.
      await lab.down();
      await lab.up('short');
    });

    afterAll(async () => {
      if (useRunningLab) return;
      await lab.down();
      expect(await remains(layout(labName))).toEqual([]);
    });

    // A scenario that failed must not spoil the next one.
    beforeEach(async () => {
      try {
        await lab.healAll();
        await lab.untilWhole(GIVE_UP_MS);
      } catch (error) {
        if (useRunningLab) throw error;
        await lab.down();
        await lab.up('short');
      }
    });

    test.each(scenarios.map((scenario) => [scenario.title, scenario] as const))('%s', async (_, scenario) => {
      const volumes = await volumesBySlot(lab);
      const run = await carryOut(lab, scenario);
      await tell(lab, scenario, run);
      whole(run);
      asExpected(scenario, run);
      expect(await volumesBySlot(lab)).toEqual(volumes);
      passed(scenario, run);
    });
  });
}

/** One primary, two standbys, all three well, all of them with everything, and nothing left over. */
function whole({ after, finals, verdict }: Run): void {
  expect(verdict.violations).toEqual([]);
  expect(after.slots.map(({ slot, healthy, faults }) => ({ slot, healthy, faults }))).toEqual(
    ['a', 'b', 'c'].map((slot) => ({ slot, healthy: true, faults: [] })),
  );
  expect(after.awsFaults).toEqual({});
  expect(after.slots.filter(({ role }) => role === 'primary').map(({ slot }) => slot)).toEqual([after.primary?.slot]);
  expect(finals).toHaveLength(3);
}

function asExpected({ expect: expected }: Scenario, { slots, before, after }: Run): void {
  const [atLeast, atMost] =
    typeof expected.elections === 'number' ? [expected.elections, expected.elections] : expected.elections;
  const elections = (after.term ?? NaN) - (before.term ?? NaN);
  expect(elections).toBeGreaterThanOrEqual(atLeast);
  expect(elections).toBeLessThanOrEqual(atMost);
  if (expected.primary === 'moves') expect(after.primary?.slot).not.toBe(before.primary?.slot);
  if (expected.primary === 'stays') expect(after.primary).toEqual(before.primary);
  const memberIn = (report: Run['before'], slot: string) => report.slots.find((each) => each.slot === slot)?.member;
  for (const role of expected.sameMember ?? []) {
    expect(memberIn(after, slots[role])).toBe(memberIn(before, slots[role]));
  }
}

/** The EBS volumes that each slot's machine has, as the machine itself sees them. */
async function volumesBySlot(lab: LabCommand): Promise<Record<string, string>> {
  const slots = ['a', 'b', 'c'];
  const seen = slots.map(async (slot) => [slot, await lab.exec(slot, 'ls', '/dev/disk/by-id')] as const);
  return Object.fromEntries(await Promise.all(seen));
}
