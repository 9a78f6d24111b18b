import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// Two minutes on one core; more on a machine that does something else as well.
jest.setTimeout(900_000);

/** One line of `script/model --json`. */
interface Run {
  readonly what: string;
  readonly kind: string;
  readonly size: string;
  readonly states: number;
  readonly expected: string;
  readonly verdict: string;
  readonly passed: boolean;
}

/** A search of model/runs.json. */
interface Search {
  readonly what: string;
  readonly expect: 'holds' | 'reached';
  readonly terms: number;
  /** Of a search to the end: it has more states than this. */
  readonly leastStates?: number;
}

/** A rule left out, of model/variants.json. */
interface Variant {
  readonly macro: string;
  readonly violates: 'loss' | 'completion';
  readonly without: string;
}

const ROOT = join(__dirname, '../..');
const searches = (readJson('model/runs.json') as { readonly quick: readonly Search[] }).quick;
const variants = readJson('model/variants.json') as readonly Variant[];
const held = searches.filter((each) => each.expect === 'holds');

let found: ReadonlyMap<string, Run>;
let failure: string | undefined;

beforeAll(async () => {
  const { error, stdout, stderr } = await new Promise<{ error: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(join(ROOT, 'script/model'), ['--json'], { maxBuffer: 64 << 20 }, (error, stdout, stderr) =>
      resolve({ error, stdout, stderr }),
    );
  });
  failure = error === null ? undefined : stderr;
  const lines = stdout.split('\n').filter((line) => line !== '');
  found = new Map(lines.map((line) => JSON.parse(line) as Run).map((run) => [run.what, run]));
});

test('every search ends as it must, and none is left out', () => {
  expect(failure).toBeUndefined();
  const expected = [...searches.map((each) => each.what), ...variants.map((each) => each.macro)];
  expect([...found.keys()].sort()).toEqual(expected.sort());
});

describe('no acknowledged commit is lost, and an election that can complete does, in every state of', () => {
  test.each(held)('$what', ({ what, leastStates }) => {
    const run = found.get(what);
    expect(run).toMatchObject({ kind: 'exhaustive', verdict: 'holds', passed: true });
    // A search that saw less has not searched this model.
    expect(run?.states).toBeGreaterThan(leastStates ?? Infinity);
  });
});

test('one of these sizes has at least four terms', () => {
  expect(Math.max(...held.map((each) => each.terms))).toBeGreaterThanOrEqual(4);
});

describe('the search comes across', () => {
  test.each(searches.filter((each) => each.expect === 'reached'))('$what', ({ what }) => {
    expect(found.get(what)).toMatchObject({ verdict: 'reached', passed: true });
  });
});

describe('an acknowledged commit is lost without', () => {
  test.each(variants.filter((each) => each.violates === 'loss'))('$without ($macro)', ({ macro }) => {
    expect(found.get(macro)).toMatchObject({ kind: 'variant', verdict: 'loss', passed: true });
  });
});

describe('an election that could complete does not without', () => {
  test.each(variants.filter((each) => each.violates === 'completion'))('$without ($macro)', ({ macro }) => {
    expect(found.get(macro)).toMatchObject({ kind: 'variant', verdict: 'completion', passed: true });
  });
});

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
}
