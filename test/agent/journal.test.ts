import { expect, test } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { Journal } from '../../agent/journal';
import { createLog } from '../../agent/log';
import type { JournalEntry } from '../../agent/shippable';

/** Prints its own arguments and some entries, as journalctl does, and ends. */
const PROGRAM = `
const entry = (cursor, fields) => console.log(JSON.stringify({ __CURSOR: cursor, __REALTIME_TIMESTAMP: '1800000000123456', ...fields }));
entry('c1', { SYSLOG_IDENTIFIER: 'postgres', MESSAGE: process.argv.slice(1).join(' ') });
entry('c2', { SYSLOG_IDENTIFIER: 'postgres', MESSAGE: [103, 114, 195, 188, 195, 159] });
entry('c3', { MESSAGE: null });
process.stdout.write('{"__CURSOR":"c4","MESS');
`;

test('the journal is read from its last lines on, and from where it was left when journalctl ended', async () => {
  const entries: JournalEntry[] = [];
  const log = createLog(new PassThrough());
  const journal = new Journal(
    ['holdfast-postgres.service'],
    log,
    undefined,
    [process.execPath, '-e', PROGRAM, '--'],
    1,
  );
  await journal.follow((entry) => {
    entries.push(entry);
    if (entries.length === 4) journal.stop();
  });
  expect(entries.slice(0, 4)).toEqual([
    {
      ...{ atMs: 1_800_000_000_123, from: 'postgres' },
      message: '--unit=holdfast-postgres.service --lines=1000',
      cursor: 'c1',
    },
    { atMs: 1_800_000_000_123, from: 'postgres', message: 'grüß', cursor: 'c2' },
    { atMs: 1_800_000_000_123, from: '', message: '(a line that is too long)', cursor: 'c3' },
    {
      ...{ atMs: 1_800_000_000_123, from: 'postgres' },
      message: '--unit=holdfast-postgres.service --no-tail --after-cursor=c3',
      cursor: 'c1',
    },
  ]);
});

test('a place that the journal does not know any more is given up: journalctl says nothing then', async () => {
  const told: string[] = [];
  const program = `
    if (process.argv.at(-1) === '--after-cursor=old') process.exit(1);
    console.log(JSON.stringify({ __CURSOR: 'c1', __REALTIME_TIMESTAMP: '1', MESSAGE: process.argv.at(-1) }));
  `;
  const journal = new Journal([], createLog(new PassThrough()), 'old', [process.execPath, '-e', program, '--'], 1);
  await journal.follow(({ message }) => {
    told.push(message);
    journal.stop();
  });
  expect(told).toEqual(['--lines=1000']);
});

test('a program that is not there is complained of, and tried again', async () => {
  const stream = new PassThrough();
  let told = '';
  const journal = new Journal([], createLog(stream), undefined, ['/no/such/program'], 1);
  stream.on('data', (piece: Buffer) => {
    told += piece.toString();
    if (told.split('\n').length > 2) journal.stop();
  });
  await journal.follow(() => undefined);
  expect(told.match(/journal-unread/g)?.length).toBeGreaterThan(1);
});
