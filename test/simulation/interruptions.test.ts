import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { cpus } from 'node:os';
import { Runner } from '../../simulation/runner';
import type { Interruption, Process } from '../../simulation/world/interruption';

/*
 * Each change of several steps is interrupted at every operation of every process that changes anything: right before it
 * takes effect, and right after, before its answer is seen. The process is started again; alone, and beside a second
 * coordinator.
 */
jest.setTimeout(1_800_000);

const PROCESSES: readonly Process[] = ['a', 'b', 'c', 'coordinator'];

describe('interrupted anywhere', () => {
  let runner: Runner;
  let scenarios: readonly string[];
  beforeAll(async () => {
    runner = await Runner.create();
    scenarios = await runner.scenarios();
  });
  afterAll(() => runner.end());

  /** At every operation, as many as there are without an interruption. */
  async function everywhere(scenario: string, process: Process, isContested: boolean): Promise<Interruption[]> {
    const whole = { scenario, process, operation: Infinity, when: 'before' as const, isContested };
    const { effects, violation } = await runner.interrupt(whole);
    expect(violation).toBeUndefined();
    return effects.flatMap((operation) =>
      (['before', 'after'] as const).map((when) => ({ scenario, process, operation, when, isContested })),
    );
  }

  test.each([
    ['alone', false],
    ['beside another coordinator', true],
  ])('every change of several steps is finished, and nothing is lost: %s', async (_how, isContested) => {
    const all: Interruption[] = [];
    for (const scenario of scenarios) {
      // Without Lambda there is no other one to be beside.
      if (isContested && scenario.includes('Lambda is gone')) continue;
      for (const process of PROCESSES) all.push(...(await everywhere(scenario, process, isContested)));
    }
    const failed: unknown[] = [];
    const ended = new Set<string>();
    await runner.interruptMany(all, cpus().length, (interruption, { violation, what }) => {
      if (violation !== undefined) failed.push({ ...interruption, what, ...violation });
      if (what !== undefined) ended.add(what.replace(/\/.*/, ''));
    });
    expect(failed.slice(0, 5)).toEqual([]);
    // Hundreds of operations in each, of many kinds.
    expect(all.length).toBeGreaterThan(2_000);
    expect(ended.size).toBeGreaterThan(20);
  });
});
