import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { conflicts } from '../../../lab/workload/judge/linearizable';
import { isLinearizable } from './support/permutations';

const span = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 6 })).map(([startMs, length]) => ({
  startMs,
  endMs: startMs + length,
}));

const history = fc.array(fc.record({ span, lost: fc.boolean() }), { maxLength: 3 }).chain((written) => {
  const writes = written.map(({ span: { startMs, endMs }, lost }, index) => ({
    value: `v${index}`,
    startMs,
    endMs: lost ? Infinity : endMs,
  }));
  const value = fc.constantFrom('', ...writes.map((each) => each.value));
  const reads = fc.array(
    fc.tuple(value, span).map(([each, when]) => ({ value: each, ...when })),
    { maxLength: 3 },
  );
  return fc.record({ writes: fc.constant(writes), reads });
});

test('agrees with the definition, tried by every order of the operations', () => {
  let right = 0;
  let wrong = 0;
  fc.assert(
    fc.property(history, ({ writes, reads }) => {
      const expected = isLinearizable('', writes, reads);
      if (expected) right += 1;
      else wrong += 1;
      expect(conflicts('', writes, reads).length === 0).toBe(expected);
    }),
    { numRuns: 3_000 },
  );
  // Both kinds are there in numbers, or the property says nothing.
  expect(Math.min(right, wrong)).toBeGreaterThan(200);
});

test('a read that ends before its write begins is named', () => {
  expect(conflicts('', [{ value: 'v', startMs: 20, endMs: 30 }], [{ value: 'v', startMs: 5, endMs: 10 }])).toEqual([
    '"v" was read at 10.0 ms, before it was written at 20.0 ms.',
  ]);
});

test('the initial value is stale as soon as another one is acknowledged', () => {
  expect(conflicts('', [{ value: 'v', startMs: 0, endMs: 5 }], [{ value: '', startMs: 6, endMs: 7 }])).toEqual([
    '"v" took effect between 0.0 ms and 5.0 ms, and yet "" was in force from the beginning to 6.0 ms.',
  ]);
});
