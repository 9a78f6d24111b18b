import { describe, expect, test } from '@jest/globals';
import { measure } from '../../../lab/bench/measure';
import { render, reportOf, spread } from '../../../lab/bench/report';
import type { Insert } from '../../../lab/workload/history';

const EPOCH_MS = 1_700_000_000_000;

/** Acknowledged at these times through a route. */
function inserts(route: string, ...endsMs: readonly number[]): Insert[] {
  return endsMs.map((endMs, n) => ({
    ...{ kind: 'insert', client: `${route}/insert-1`, writer: `${route}/insert-1`, n, route, outcome: 'ok' },
    ...{ startMs: endMs - 1, endMs, server: { address: '10.0.0.1', timeline: 1 } },
  }));
}

const history = {
  epochMs: EPOCH_MS,
  inserts: [
    ...inserts('dsn', 9_990, 12_400, 12_420, 59_995, 63_500, 63_520),
    ...inserts('dsn-in-turn', 9_980, 14_000, 14_020, 59_990, 64_000),
    ...inserts('writer', 9_970, 13_000, 13_020, 59_985, 65_000),
  ],
};

const failover = (term: number, atMs: number) => ({
  ...{ term, reason: 'primary-host-silent', from: 'a_1', to: 'b_1' },
  suspectedAtMs: EPOCH_MS + atMs - 1_800,
  convictedAtMs: EPOCH_MS + atMs,
  chosenAtMs: EPOCH_MS + atMs + 100,
  promotedAtMs: EPOCH_MS + atMs + 350,
  flippedAtMs: EPOCH_MS + atMs + 500,
});

// The clients' own pauses before the first power cut are none of its gaps.
const cuts = [
  { atMs: EPOCH_MS + 10_000, slot: 'a' },
  { atMs: EPOCH_MS + 60_000, slot: 'b' },
];

describe('a power cut', () => {
  test('costs the time between the two writes around it, and its steps are those of its own failover', () => {
    const [first, second] = measure(history, [failover(3, 62_000), failover(2, 12_000)], cuts);
    expect(first?.gapMs).toEqual({ dsn: 2_410, 'dsn-in-turn': 4_020, writer: 3_030 });
    expect(first?.split).toEqual({
      detectionMs: 2_010,
      pledgeMs: 100,
      promotionMs: 250,
      serviceMs: 50,
      endpointMs: 150,
    });
    expect(second?.gapMs).toEqual({ dsn: 3_505, 'dsn-in-turn': 4_010, writer: 5_015 });
    expect(second?.split.detectionMs).toBe(2_005);
  });

  test('without a failover on record is no measurement', () => {
    expect(() => measure(history, [failover(2, 12_000)], cuts)).toThrow(
      'What was done to b caused no failover that is on record.',
    );
  });

  test('after which nobody wrote is no measurement', () => {
    const silent = { ...history, inserts: history.inserts.filter(({ route }) => route !== 'writer') };
    expect(() => measure(silent, [failover(3, 62_000), failover(2, 12_000)], cuts)).toThrow(
      'Nobody wrote through writer after what was done to a.',
    );
  });
});

describe('the spread', () => {
  test('of an odd and of an even number of values', () => {
    expect(spread([3, 1, 10])).toEqual({ minMs: 1, medianMs: 3, maxMs: 10 });
    expect(spread([4, 1, 2, 10])).toEqual({ minMs: 1, medianMs: 3, maxMs: 10 });
  });

  test('of nothing is an error', () => {
    expect(() => spread([])).toThrow('nothing to compute');
  });
});

describe('the report', () => {
  const runs = measure(history, [failover(3, 62_000), failover(2, 12_000)], cuts);
  const result = { fault: 'power-off', awsTimes: 'short', runs, acknowledged: 16, violations: [] } as const;

  test('says minimum, median and maximum of each route and each step, and whether the target is met', () => {
    const text = render(reportOf(result));
    expect(text).toMatch(/all hosts asked at once\s+2\.41 s\s+2\.96 s\s+3\.50 s/);
    expect(text).toMatch(/writer\.<zone>\s+3\.03 s\s+4\.02 s\s+5\.01 s/);
    expect(text).toMatch(/pledge .*0\.10 s\s+0\.10 s\s+0\.10 s/);
    expect(text).toContain('Target: median ≤ 3.00 s, worst ≤ 5.00 s through the multi-host DSN: met.');
    expect(text).toContain('Nothing acknowledged was lost (16 writes).');
  });

  test('does not hide a missed target or a lost write', () => {
    const slow = runs.map((run) => ({ ...run, gapMs: { ...run.gapMs, dsn: 3_001 } }));
    const report = reportOf({ ...result, runs: slow, violations: ['acknowledged-rows-stay: a lacks it.'] });
    expect(report.target.met).toBe(false);
    expect(render(report)).toContain('MISSED');
    const [first, ...others] = runs;
    if (first === undefined) throw new Error('There is no run.');
    const outlier = [{ ...first, gapMs: { ...first.gapMs, dsn: 5_001 } }, ...others, ...others, ...others];
    expect(reportOf({ ...result, runs: outlier }).target.met).toBe(false);
    expect(reportOf({ ...result, fault: 'switchover' }).target).toEqual({ medianMs: 500, met: false });
    expect(render(report)).toContain('THE JUDGE REFUSES THE HISTORY:\nacknowledged-rows-stay: a lacks it.');
  });
});
