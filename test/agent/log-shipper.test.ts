import { expect, test } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { createLog } from '../../agent/log';
import { LogShipper, type ShippedLine } from '../../agent/log-shipper';

function shipper() {
  const calls: (readonly ShippedLine[])[] = [];
  const journal = new PassThrough();
  let told = '';
  journal.on('data', (piece: Buffer) => (told += piece.toString()));
  const destination = {
    isOut: false,
    during: () => undefined as void,
    put: (lines: readonly ShippedLine[]): Promise<void> => {
      destination.during();
      if (destination.isOut) return Promise.reject(new Error('no answer'));
      calls.push(lines);
      return Promise.resolve();
    },
  };
  const cursors: string[] = [];
  const onShipped = (cursor: string) => cursors.push(cursor);
  const shipping = new LogShipper({ destination, log: createLog(journal), onShipped });
  const add = (message: string, atMs = 1) =>
    shipping.add({ atMs, from: 'postgres', message, cursor: `after ${message}` });
  return { shipping, destination, calls, cursors, add, codes: () => told.match(/"code":"[^"]*"/g) ?? [] };
}

const messages = (calls: readonly (readonly ShippedLine[])[]) => calls.flat().map(({ message }) => message);

test('lines are shipped once, in order of time', async () => {
  const { shipping, calls, cursors, add } = shipper();
  add('two', 2);
  add('one', 1);
  expect(await shipping.ship()).toBe(true);
  add('three', 3);
  await shipping.ship();
  expect(messages(calls)).toEqual(['one', 'two', 'three']);
  // By their place in the journal, not by their time.
  expect(cursors).toEqual(['after one', 'after three']);
});

test('no call is larger than CloudWatch Logs takes', async () => {
  const { shipping, calls, add } = shipper();
  for (let each = 0; each < 100; each += 1) add('x'.repeat(8_000));
  await shipping.ship();
  expect(calls.flat()).toHaveLength(100);
  for (const call of calls) expect(call.length * 8_026).toBeLessThan(1_048_576 / 2);
});

test('while nobody answers, lines wait; beyond a bound the oldest are dropped and counted', async () => {
  const { shipping, destination, calls, add, codes } = shipper();
  destination.isOut = true;
  for (let each = 0; each < 6_000; each += 1) add(`line ${each}`);
  expect(await shipping.ship()).toBe(false);
  expect(await shipping.ship()).toBe(false);
  expect(codes()).toEqual(['"code":"logs-unshipped"']);
  destination.isOut = false;
  expect(await shipping.ship()).toBe(true);
  const [first, second] = messages(calls);
  expect(first).toBe('(1000 earlier lines are in the journal only)');
  expect(second).toBe('line 1000');
  expect(calls.flat()).toHaveLength(5_001);
});

test('what is dropped while a call is under way is not shipped twice, and nothing else is lost', async () => {
  const { shipping, destination, calls, add } = shipper();
  for (let each = 0; each < 5_000; each += 1) add(`line ${each}`);
  destination.during = () => {
    destination.during = () => undefined;
    for (let each = 5_000; each < 5_010; each += 1) add(`line ${each}`);
  };
  await shipping.ship();
  const numbers = messages(calls).flatMap((message) => /^line (\d+)$/.exec(message)?.[1] ?? []);
  expect(numbers).toHaveLength(5_010);
  expect(new Set(numbers).size).toBe(5_010);
});
