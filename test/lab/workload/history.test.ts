import { describe, expect, test } from '@jest/globals';
import { historyOf, parseEntries } from '../../../lab/workload/history';
import { lengthOf, longestGap } from '../../../lab/workload/gaps';
import { Numbers } from '../../../lab/workload/judge/numbers';
import { Story } from './support/story';

const begin = '{"kind":"begin","epochMs":1700000000000}\n';

describe('a history', () => {
  test('that is cut off proves nothing', () => {
    expect(() => historyOf(parseEntries(begin))).toThrow('The history is cut off');
    expect(historyOf(parseEntries(`${begin}{"kind":"end","atMs":5}\n`)).endMs).toBe(5);
  });

  test('that does not begin is none', () => {
    expect(() => historyOf(parseEntries('{"kind":"end","atMs":5}\n'))).toThrow('The history does not begin.');
  });

  test('may be read while it is written: a line without its end is left for later', () => {
    expect(parseEntries(`${begin}{"kind":"end","at`)).toHaveLength(1);
  });

  test('with a line that is no entry is refused, and the line named', () => {
    expect(() => parseEntries(`${begin}{"kind":"insert"}\n`)).toThrow(
      'Line 2 of the history is no entry: {"kind":"insert"}',
    );
  });
});

describe('the numbers of a writer', () => {
  test('are those of the multirange', () => {
    const numbers = Numbers.parse('{[1,4),[6,7),[9,11)}');
    expect([...numbers]).toEqual([1, 2, 3, 6, 9, 10]);
    expect([0, 1, 3, 4, 6, 7, 10, 11].filter((n) => numbers.has(n))).toEqual([1, 3, 6, 10]);
    expect([...Numbers.parse('{}')]).toEqual([]);
  });

  test.each(['', '{[1,2)', '{(1,2)}', '{[1,)}', '{[1,2),}', '{[1,2)[3,4)}'])('are not "%s"', (text) => {
    expect(() => Numbers.parse(text)).toThrow('is no multirange of row numbers');
  });
});

describe('the longest gap', () => {
  const { history } = new Story()
    .insert(1, 1, 0, 10)
    .insert(2, 1, 10, 20)
    .insert(3, 1, 20, 2020, { outcome: 'unknown' })
    .insert(4, 2, 3000, 3020)
    .insert(5, 2, 3020, 8000);

  test('lies between two acknowledged writes', () => {
    expect(longestGap(history, 'dsn')).toEqual({ fromMs: 3020, toMs: 8000 });
  });

  test('begins within the times that are given', () => {
    const gap = longestGap(history, 'dsn', 0, 1000);
    expect(gap).toEqual({ fromMs: 20, toMs: 3020 });
    expect(gap && lengthOf(gap)).toBe(3000);
  });

  test('is unknown on a route that acknowledged less than two', () => {
    expect(longestGap(history, 'writer')).toBeUndefined();
    expect(longestGap(history, 'dsn', 4000)).toBeUndefined();
  });
});
