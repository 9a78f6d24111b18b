import { expect, test } from '@jest/globals';
import { coloursFor } from '../../cli/colours';
import { bytes, duration } from '../../cli/format';
import { renderEvents } from '../../cli/render-events';
import { A, B } from '../core/support/records';

const PLAIN = coloursFor({ isTerminal: false, env: {} });
const BEGAN = Date.UTC(2026, 11, 1, 10, 0, 0);

test('failovers with each step, and what operators did, come latest first', () => {
  const failover = { term: 2, reason: 'primary-host-silent', from: A, to: B };
  const times = {
    suspectedAtMs: BEGAN - 1_800,
    convictedAtMs: BEGAN,
    chosenAtMs: BEGAN + 230,
    promotedAtMs: BEGAN + 470,
    flippedAtMs: BEGAN + 500,
  };
  const pause = { kind: 'pause', atMs: BEGAN + 60_000, by: 'jane@desk', term: 2, reason: 'new kernel' } as const;
  const lines = renderEvents([{ ...failover, ...times }], [pause], PLAIN).split('\n');
  expect(lines[1]).toBe('2026-12-01 10:01:00  2     automatic failover paused  new kernel (jane@desk)');
  expect(lines[2]?.split(/ {2,}/)).toEqual([
    ...['2026-12-01 10:00:00', '2', 'a → b', 'primary-host-silent'],
    ...['1.8 s', '230 ms', '240 ms', '30 ms', '2.3 s'],
  ]);
});

test('an accepted loss is told for ever', () => {
  const times = { suspectedAtMs: 0, convictedAtMs: 0, chosenAtMs: 0, promotedAtMs: 0 };
  const event = { term: 2, reason: 'loss-accepted', from: A, to: B, acceptedLoss: true, ...times } as const;
  expect(renderEvents([event], [], PLAIN)).toContain('a → b, loss of data accepted');
});

test('nothing is said to be nothing', () => {
  expect(renderEvents([], [], PLAIN)).toBe('Nothing has happened yet.\n');
});

test('figures are as people read them', () => {
  expect([0, 999, 1_500, 62_000, 300_000, 7_200_000, 4 * 86_400_000].map(duration)).toEqual([
    '0 ms',
    '999 ms',
    '1.5 s',
    '62 s',
    '5 min',
    '2 h',
    '4 days',
  ]);
  expect([0, 1_023, 1_024, 52_000, 3 * 1024 ** 3].map(bytes)).toEqual(['0 B', '1023 B', '1.0 kB', '51 kB', '3.0 GB']);
});
