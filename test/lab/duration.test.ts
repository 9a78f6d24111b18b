import { expect, test } from '@jest/globals';
import { formatDuration, parseDuration } from '../../lab/duration';

test('Durations are whole numbers with a unit.', () => {
  expect(parseDuration('10s')).toBe(10_000);
  expect(parseDuration('500ms')).toBe(500);
  expect(parseDuration('2m')).toBe(120_000);
  for (const wrong of ['10', '0s', '-1s', '1.5s', 's', '10 s', '1d']) {
    expect(() => parseDuration(wrong)).toThrow(
      `"${wrong}" is not a duration. Expected a whole number with ms, s, m or h, for example 10s.`,
    );
  }
});

test('They are shown in the unit that people would use.', () => {
  expect([12, 3400, 125_000].map(formatDuration)).toEqual(['12 ms', '3.4 s', '2 min 5 s']);
});
