import { cpus } from 'node:os';
import type { BenchResult } from './failover';
import { SPLIT_PARTS, type BenchFault, type Measured } from './measure';

/** Through the multi-host DSN, on two processors. `worstMs`: where there is a bound for the worst as well. */
export const TARGETS: Readonly<Record<BenchFault, { readonly medianMs: number; readonly worstMs?: number }>> = {
  'power-off': { medianMs: 3_000, worstMs: 5_000 },
  'kill-postgres': { medianMs: 1_500 },
  switchover: { medianMs: 500 },
};

export interface Spread {
  readonly minMs: number;
  readonly medianMs: number;
  readonly maxMs: number;
}

export interface Report extends BenchResult {
  readonly processors: number;
  readonly target: { readonly medianMs: number; readonly worstMs?: number; readonly met: boolean };
  /** By route, as a client sees it. */
  readonly seen: Readonly<Record<keyof Measured['gapMs'], Spread>>;
  readonly split: Readonly<Record<keyof Measured['split'], Spread>>;
}

export function reportOf(result: BenchResult): Report {
  const { runs, fault } = result;
  const target = TARGETS[fault];
  const seen = {
    dsn: spread(runs.map(({ gapMs }) => gapMs.dsn)),
    'dsn-in-turn': spread(runs.map(({ gapMs }) => gapMs['dsn-in-turn'])),
    writer: spread(runs.map(({ gapMs }) => gapMs.writer)),
  };
  const part = (name: keyof Measured['split']) => spread(runs.map(({ split }) => split[name]));
  return {
    ...result,
    processors: cpus().length,
    target: {
      ...target,
      met: seen.dsn.medianMs <= target.medianMs && seen.dsn.maxMs <= (target.worstMs ?? Infinity),
    },
    seen,
    split: {
      detectionMs: part('detectionMs'),
      pledgeMs: part('pledgeMs'),
      promotionMs: part('promotionMs'),
      serviceMs: part('serviceMs'),
      endpointMs: part('endpointMs'),
    },
  };
}

/** @throws Error without values */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((left, right) => left - right);
  const at = (index: number): number => {
    const value = sorted[index];
    if (value === undefined) throw new Error('There is nothing to compute a spread of.');
    return value;
  };
  const half = sorted.length / 2;
  return {
    minMs: at(0),
    medianMs: Number.isInteger(half) ? (at(half - 1) + at(half)) / 2 : at(Math.floor(half)),
    maxMs: at(sorted.length - 1),
  };
}

const DONE = {
  'power-off': "The primary's power was cut",
  'kill-postgres': "The primary's postmaster was killed",
  switchover: 'The primary was asked to hand over',
} as const satisfies Record<BenchFault, string>;

const SEEN_AS = {
  dsn: 'multi-host DSN, all hosts asked at once',
  'dsn-in-turn': 'multi-host DSN, one host after the other (libpq)',
  writer: 'writer.<zone>',
} as const;

const PART_OF = {
  detectionMs: 'detection   last write → convicted',
  pledgeMs: 'pledge      → standby chosen',
  promotionMs: 'promotion   → stands in the register',
  serviceMs: 'service     → a write is acknowledged (DSN)',
  endpointMs: 'endpoint    promotion → writer record flipped',
} as const;

export function render(report: Report): string {
  const { fault, runs, seen, split, target, violations } = report;
  const worst = target.worstMs === undefined ? '' : `, worst ≤ ${seconds(target.worstMs)}`;
  const row = (name: string, { minMs, medianMs, maxMs }: Spread) =>
    line([name, ...[minMs, medianMs, maxMs].map(seconds)]);
  return [
    `${DONE[fault]} ${runs.length} times. Processors: ${report.processors}. AWS times: ${report.awsTimes}.`,
    '',
    line(['run', ...['dsn', 'in turn', 'writer'], ...['detection', 'pledge', 'promotion', 'service', 'endpoint']], 11),
    ...runs.map(({ from, to, gapMs, split: parts }, index) =>
      line(
        [
          `${index + 1}  ${from.slice(0, 1)} → ${to.slice(0, 1)}`,
          ...[gapMs.dsn, gapMs['dsn-in-turn'], gapMs.writer].map(seconds),
          ...SPLIT_PARTS.map((name) => seconds(parts[name])),
        ],
        11,
      ),
    ),
    '',
    line(['From the last acknowledged write to the next one, through', 'min', 'median', 'max']),
    row(`  ${SEEN_AS.dsn}`, seen.dsn),
    row(`  ${SEEN_AS['dsn-in-turn']}`, seen['dsn-in-turn']),
    row(`  ${SEEN_AS.writer}`, seen.writer),
    'Of that',
    ...SPLIT_PARTS.map((name) => row(`  ${PART_OF[name]}`, split[name])),
    '',
    `Target: median ≤ ${seconds(target.medianMs)}${worst} through the multi-host DSN: ${target.met ? 'met' : 'MISSED'}.`,
    violations.length === 0
      ? `Nothing acknowledged was lost (${report.acknowledged} writes).`
      : `THE JUDGE REFUSES THE HISTORY:\n${violations.slice(0, 20).join('\n')}`,
    '',
  ].join('\n');
}

function line([first = '', ...cells]: readonly string[], firstWidth = 58): string {
  return first.padEnd(firstWidth) + cells.map((cell) => cell.padStart(10)).join('');
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
