import { describe, expect, test } from '@jest/globals';
import { renderSteady, transactionsIn } from '../../../lab/bench/steady';

describe('A steady load', () => {
  test('is as much as pgbench says', () => {
    expect(transactionsIn('latency average = 7.9 ms\ntps = 1012.731 (without initial connection time)\n')).toBe(
      1012.731,
    );
    expect(() => transactionsIn('')).toThrow('pgbench does not say how much it did: nothing');
  });

  test('has met its target without a failover only', () => {
    const calm = { forMs: 60_000, transactions: 1012.7, failovers: [], termsBegun: 0 };
    expect(renderSteady(calm)).toContain('Failovers: 0, terms begun: 0. Target: none: met.');
    const at = { suspectedAtMs: 1, convictedAtMs: 2, chosenAtMs: 3, promotedAtMs: 4 };
    const failover = { term: 2, reason: 'primary-writes-hang', from: 'a_1', to: 'b_1', ...at };
    const restless = renderSteady({ ...calm, failovers: [failover], termsBegun: 1 });
    expect(restless).toContain('  term 2: primary-writes-hang, a_1 → b_1');
    expect(restless).toContain('MISSED');
  });
});
