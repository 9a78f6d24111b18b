import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { isLasting, PEERED } from '../../../lab/daemon/fault-list';
import { SCENARIOS } from './list';
import { withFaultTable } from './support/fault-table';
import { readMeasured } from './support/measured';
import type { Scenario } from './support/scenario';
import { chosenScenarios } from './support/selection';

const document = readFileSync(join(__dirname, '../../../docs/faults.md'), 'utf8');

describe('The table of faults', () => {
  test('is what the scenarios and the measurements say', () => {
    expect(withFaultTable(document, SCENARIOS, readMeasured())).toBe(document);
  });

  test('shows a measured time, and a dash without one', () => {
    const [scenario] = SCENARIOS as [Scenario];
    const row = (measured: Parameters<typeof withFaultTable>[2]) =>
      withFaultTable('<!-- generated: faults -->\n<!-- end -->', [scenario], measured).split('\n')[4];
    expect(row({ [scenario.id]: { writeAgainMs: 2_345 } })).toContain('| 2.3 s ');
    expect(row({})).toContain('| — ');
  });

  test('measurements are of scenarios that there are', () => {
    const ids = SCENARIOS.map(({ id }) => id);
    expect(Object.keys(readMeasured()).filter((id) => !ids.includes(id))).toEqual([]);
  });
});

describe('The scenarios', () => {
  test('have ids of their own', () => {
    expect(new Set(SCENARIOS.map(({ id }) => id)).size).toBe(SCENARIOS.length);
  });

  test.each(SCENARIOS.map((scenario) => [scenario.id, scenario] as const))(
    '%s asks for what the lab can do',
    (_, { steps }) => {
      for (const step of steps) {
        if ('for' in step && 'fault' in step) expect(isLasting(step.fault)).toBe(true);
        if ('from' in step) expect(PEERED).toContain(step.fault);
      }
    },
  );

  test.each(SCENARIOS.map((scenario) => [scenario.id, scenario] as const))(
    '%s ends what its services suffer',
    (_, { steps }) => {
      const broken = steps.flatMap((step) => ('service' in step && step.for === undefined ? [step.service] : []));
      const healed = steps.flatMap((step) => ('healService' in step ? [step.healService] : []));
      expect(healed).toEqual(broken);
    },
  );
});

describe('A selection', () => {
  const ids = (selection?: string) => chosenScenarios(SCENARIOS, selection).map(({ id }) => id);

  test('is the quick ones without a word', () => {
    expect(ids()).toContain('power-off-primary');
    expect(ids().length).toBeLessThan(10);
  });

  test('is all, those with a word in their id, or those that show a finding', () => {
    expect(ids('all')).toHaveLength(SCENARIOS.length);
    expect(ids('power-off-all')).toEqual(['power-off-all', 'power-off-all-back-in-order']);
    expect(ids('L7')).toEqual(['silent-standby-then-power-off']);
  });

  test('of nothing says what there is', () => {
    expect(() => ids('nonsense')).toThrow('No scenario is called nonsense. There are: kill-postgres-primary, ');
  });
});
