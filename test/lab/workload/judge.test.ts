import { describe, expect, test } from '@jest/globals';
import { RULES } from '../../../lab/workload/judge/judge';
import { Story } from './support/story';

/** Ten writes, a failover from timeline 1 to 2 in the middle, one write of unknown effect that is there in the end. */
function goodStory(): Story {
  return new Story()
    .insert(1, 1, 0, 10)
    .insert(2, 1, 11, 20)
    .scan('{[1,3)}', 1, 21, 25)
    .put('p1', 1, 21, 30)
    .get('p1', 1, 31, 35)
    .insert(3, 1, 40, 2040, { outcome: 'unknown' })
    .put('p2', 1, 40, 2040, { outcome: 'unknown' })
    .insert(4, 2, 3000, 3010)
    .insert(5, 2, 3011, 3012, { outcome: 'failed' })
    .scan('{[1,5)}', 2, 3020, 3025)
    .get('p1', 2, 3030, 3035)
    .put('p3', 2, 3040, 3045)
    .get('p3', 2, 3050, 3055)
    .insert(6, 2, 3060, 3070)
    .ends(2, '{[1,5),[6,7)}', 'p3');
}

test('a good history passes, a failover and unknown outcomes included', () => {
  const { violations, counts } = goodStory().verdict;
  expect(violations).toEqual([]);
  expect(counts).toEqual({ ok: 6, failed: 1, unknown: 2, stalePlainReads: 0 });
});

describe('each rule refuses what it is there for, alone', () => {
  const planted: readonly (readonly [rule: string, what: string, story: Story, said: string])[] = [
    [
      'acknowledged-rows-stay',
      'an acknowledged write that is lost',
      new Story().insert(1, 1, 0, 10).insert(2, 1, 11, 20).insert(3, 2, 30, 40).ends(2, '{[1,2),[3,4)}'),
      'a lacks the acknowledged insert 2 of dsn/insert-1 [11.0, 20.0 ms, 10.0.0.1 on timeline 1].',
    ],
    [
      'rows-were-sent',
      'a row that nobody sent',
      new Story().insert(1, 1, 0, 10).ends(1, '{[1,3)}'),
      'Row 2 of w, seen by a in the end, was not sent before.',
    ],
    [
      'rows-were-sent',
      'a row that was read before it was sent',
      new Story().insert(1, 1, 0, 10).scan('{[1,3)}', 1, 20, 25).insert(2, 1, 30, 40).ends(1, '{[1,3)}'),
      'Row 2 of w, seen by the scan of dsn/scan-1 at 25.0 ms, was not sent before.',
    ],
    [
      'rows-were-sent',
      'a row that was refused',
      new Story().insert(1, 1, 0, 10).insert(2, 1, 20, 30, { outcome: 'failed' }).ends(1, '{[1,3)}'),
      'a in the end has the refused insert 2 of dsn/insert-1',
    ],
    [
      'scans-show-what-was-acknowledged',
      'a scan that misses what the same timeline had acknowledged',
      new Story().insert(1, 1, 0, 10).scan('{}', 1, 11, 15).ends(1, '{[1,2)}'),
      'The scan of dsn/scan-1 from 11.0 ms, on timeline 1, lacks the acknowledged insert 1',
    ],
    [
      'scans-show-what-was-acknowledged',
      'a new primary that lacks what the old one acknowledges, however late the answer',
      new Story().insert(1, 1, 0, 50).scan('{}', 2, 20, 25).ends(2, '{[1,2)}'),
      'on timeline 2, lacks the acknowledged insert 1',
    ],
    [
      'older-primaries-are-silent',
      'two primaries acknowledging in overlapping terms',
      new Story().insert(1, 1, 0, 10).insert(2, 2, 20, 30).insert(3, 1, 31, 40).insert(4, 2, 41, 50).ends(2, '{[1,5)}'),
      'Two primaries: insert 3 of dsn/insert-1 [31.0, 40.0 ms, 10.0.0.1 on timeline 1] was sent and acknowledged after insert 2',
    ],
    [
      'older-primaries-are-silent',
      'a synchronous read that the old primary answers when the new one serves',
      new Story().put('p1', 1, 0, 10).insert(1, 2, 20, 30).get('p1', 1, 31, 40).ends(2, '{[1,2)}', 'p1'),
      'Two primaries: get x="p1" of dsn/get-1',
    ],
    [
      'one-server-on-a-timeline',
      'two servers on the same timeline at once',
      new Story()
        .insert(1, 1, 0, 10)
        .insert(2, 1, 11, 20, { address: '10.0.0.3' })
        .insert(3, 1, 21, 30)
        .ends(1, '{[1,4)}'),
      'Two servers acknowledged on timeline 1 at 20.0 ms: 10.0.0.1 and 10.0.0.3.',
    ],
    [
      'one-primary-in-the-end',
      'two primaries in the end',
      new Story().insert(1, 1, 0, 10).ends(1, '{[1,2)}', '', { b: { inRecovery: false, timeline: 2 } }),
      'Two primaries in the end: a, b.',
    ],
    [
      'one-primary-in-the-end',
      'no primary in the end',
      new Story().insert(1, 1, 0, 10).ends(1, '{[1,2)}', '', { a: { inRecovery: true, timeline: null } }),
      'No server is the primary in the end.',
    ],
    [
      'one-primary-in-the-end',
      'an old primary that is back in the end',
      new Story().insert(1, 1, 0, 10).insert(2, 2, 20, 30).ends(1, '{[1,3)}'),
      'The primary in the end, a, is on timeline 1, older than that of insert 2',
    ],
    [
      'standbys-hold-what-the-primary-holds',
      'a standby that lacks a row of unknown outcome which the primary has',
      new Story()
        .insert(1, 1, 0, 10)
        .insert(2, 1, 11, 20, { outcome: 'unknown' })
        .ends(1, '{[1,3)}', '', { c: { rows: { w: '{[1,2)}' } } }),
      'c lacks row 2 of w, which the primary a has.',
    ],
    [
      'values-were-sent',
      'a value that nobody wrote',
      new Story().put('p1', 1, 0, 10).get('p7', 1, 11, 20, false).ends(1, '{}', 'p1'),
      'The value "p7" of x, seen by get x="p7" of dsn/get-1 [11.0, 20.0 ms, 10.0.0.1 on timeline 1], was not sent before.',
    ],
    [
      'values-were-sent',
      'a value that was refused',
      new Story()
        .put('p1', 1, 0, 10)
        .put('p2', 1, 11, 20, { outcome: 'failed' })
        .get('p2', 1, 21, 30, false)
        .ends(1, '{}', 'p1'),
      'has the value of the refused put x="p2"',
    ],
    [
      'registers-are-linearizable',
      'a stale read by a synchronous reader',
      new Story().put('p1', 1, 0, 10).put('p2', 1, 11, 20).get('p1', 1, 21, 30).ends(1, '{}', 'p2'),
      'Register x is not linearizable: "p1" was in force from 10.0 ms to 21.0 ms, and "p2" was in force from 20.0 ms to 31.0 ms.',
    ],
    [
      'registers-are-linearizable',
      'an acknowledged value that is lost without a trace in the end',
      new Story().put('p1', 1, 0, 10).put('p2', 1, 11, 20).get('p2', 1, 21, 30).ends(2, '{}', 'p1'),
      'and "p2" was in force from 20.0 ms to 21.0 ms.',
    ],
    [
      'registers-are-linearizable',
      'a standby that holds an overwritten value',
      new Story()
        .put('p1', 1, 0, 10)
        .put('p2', 1, 11, 20)
        .ends(1, '{}', 'p2', { b: { registers: { x: 'p1' } } }),
      'Register x is not linearizable',
    ],
    [
      'saw-something',
      'a history in which nothing was acknowledged',
      new Story().insert(1, 1, 0, 10, { outcome: 'unknown' }).ends(1, '{}'),
      'Nothing was acknowledged, so nothing can be judged.',
    ],
  ];

  test.each(planted)('%s: %s', (rule, _what, story, said) => {
    const { violations } = story.verdict;
    expect(violations.map((each) => each.split(':')[0])).toContain(rule);
    expect(violations.join('\n')).toContain(said);
    expect(new Set(violations.map((each) => each.split(':')[0])).size).toBe(1);
  });

  test('no rule is without such a plant', () => {
    expect(new Set(planted.map(([rule]) => rule))).toEqual(new Set(RULES.map(({ id }) => id)));
  });
});

test('an acknowledged write that only a standby lacks is lost too: that standby may be the next primary', () => {
  const has = { rows: { w: '{[1,2)}' } };
  const { violations } = new Story().insert(1, 1, 0, 10).ends(1, '{}', '', { a: has, b: has }).verdict;
  expect(violations).toEqual([
    'acknowledged-rows-stay: c lacks the acknowledged insert 1 of dsn/insert-1 [0.0, 10.0 ms, 10.0.0.1 on timeline 1].',
    'standbys-hold-what-the-primary-holds: c lacks row 1 of w, which the primary a has.',
  ]);
});

describe('what is right although it looks wrong', () => {
  test('an answer of the old primary that arrives after the new one has acknowledged, for a write that the new one has', () => {
    const story = new Story().insert(1, 1, 0, 100).insert(2, 2, 50, 60).scan('{[1,3)}', 2, 61, 70).ends(2, '{[1,3)}');
    expect(story.verdict.violations).toEqual([]);
  });

  test('a write of unknown outcome that appears long after, or never', () => {
    const story = new Story()
      .put('p1', 1, 0, 10)
      .put('p2', 1, 11, 20, { outcome: 'unknown' })
      .put('p3', 1, 11, 20, { outcome: 'unknown' })
      .get('p1', 1, 500, 510)
      .get('p2', 1, 600, 610)
      .insert(1, 1, 0, 10, { outcome: 'unknown' })
      .ends(1, '{}', 'p2');
    expect(story.verdict.violations).toEqual([]);
  });

  test('a primary that restarts in place on another machine, with its own disk and its own timeline', () => {
    const story = new Story()
      .insert(1, 1, 0, 10)
      .insert(2, 1, 5000, 5010, { address: '10.0.0.9' })
      .ends(1, '{[1,3)}', '', { a: { address: '10.0.0.9' } });
    expect(story.verdict.violations).toEqual([]);
  });

  test('a plain read that is stale on a cut-off primary is counted, not judged', () => {
    const story = new Story().put('p1', 1, 0, 10).put('p2', 2, 20, 30).get('p1', 1, 40, 41, false).ends(2, '{}', 'p2');
    expect(story.verdict.violations).toEqual([]);
    expect(story.verdict.counts.stalePlainReads).toBe(1);
  });
});
