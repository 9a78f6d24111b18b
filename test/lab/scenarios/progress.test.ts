import { expect, test } from '@jest/globals';
import type { Entry } from '../../../lab/workload/history';
import { everyClientReconnected, everyClientWrites, lastAcknowledgedMs, onItsClock, WRITERS } from './support/progress';

const begin: Entry = { kind: 'begin', epochMs: 1_000 };
const wrote = (client: string, startMs: number, outcome: 'ok' | 'unknown' = 'ok'): Entry => ({
  ...{ kind: 'insert', client, writer: client, route: 'dsn', n: 1, startMs, endMs: startMs + 1, outcome },
  server: { address: '10.0.0.1', timeline: 1 },
});
const all = (startMs: number) => WRITERS.map((client) => wrote(client, startMs));
const lost = (client: string, atMs: number): Entry => ({ kind: 'lost', client, route: 'dsn', atMs, why: 'a test' });

test('Nothing has happened in a history that has not begun.', () => {
  const since = onItsClock([], 5_000);
  expect(everyClientWrites([], since)).toBe(false);
  expect(everyClientReconnected([], since)).toBe(false);
  expect(lastAcknowledgedMs([begin])).toBeUndefined();
});

test('Every client writes when each has an acknowledged row that was sent since then.', () => {
  const since = onItsClock([begin], 1_100);
  expect(since).toBe(100);
  const [first = '', ...others] = WRITERS;
  expect(everyClientWrites([begin, ...all(100)], since)).toBe(true);
  expect(everyClientWrites([begin, ...all(99)], since)).toBe(false);
  const rest = others.map((client) => wrote(client, 100));
  expect(everyClientWrites([begin, ...rest, wrote(first, 100, 'unknown')], since)).toBe(false);
});

test('A client has reconnected when it wrote after it had lost its connection.', () => {
  const losses = WRITERS.map((client) => lost(client, 150));
  expect(everyClientReconnected([begin, ...all(140), ...losses], 100)).toBe(false);
  expect(everyClientReconnected([begin, ...losses, ...all(160)], 100)).toBe(true);
  expect(everyClientReconnected([begin, ...losses.slice(1), ...all(160)], 100)).toBe(false);
});

test('The last acknowledged row is the last that ended.', () => {
  expect(lastAcknowledgedMs([begin, wrote('x', 5), wrote('y', 3), wrote('z', 9, 'unknown')])).toBe(6);
});
