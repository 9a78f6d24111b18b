import { describe, expect, jest, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createLog, describeError } from '../../agent/log';
import { eventually } from './support/eventually';
import { recordedLog } from './support/lines';

/** Programs are started here: on a busy machine that takes a while. */
jest.setTimeout(120_000);

describe('the log', () => {
  test('says one JSON object a line, with time, level and code', () => {
    const { log, lines } = recordedLog();
    log.with({ slot: 'a' }).info('pledged', { term: 3, endLsn: 0x1000148n });
    expect(lines).toEqual([
      { at: expect.any(String), level: 'info', code: 'pledged', slot: 'a', term: 3, endLsn: '16777544' },
    ]);
  });

  test('tells an error with what caused it', () => {
    const error = new Error('The register is silent.', { cause: new TypeError('fetch failed') });
    expect(describeError(error)).toBe('Error: The register is silent. (because of TypeError: fetch failed)');
    const { log, lines } = recordedLog();
    log.error('register', error);
    expect(lines[0]).toMatchObject({ level: 'error', error: describeError(error) });
  });

  test('drops lines while nobody takes them, and says later how many', async () => {
    const taken: string[] = [];
    let take = (): void => undefined;
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        taken.push(chunk.toString());
        // The first is held until it is taken, as by a pipe that is full.
        if (taken.length === 1) take = done;
        else done();
      },
    });
    const log = createLog(stream);
    for (let line = 0; line < 3_000; line += 1) log.info('chatter', { padding: 'x'.repeat(1_000) });
    expect(stream.writableLength).toBeLessThan(2 * 1024 * 1024);
    take();
    await eventually('all lines are taken', () => stream.writableLength === 0);
    log.info('after');
    const last = JSON.parse(taken.at(-1) ?? '') as Record<string, unknown>;
    expect(last).toMatchObject({ code: 'after', droppedLines: 3_000 - (taken.length - 1) });
    expect(last['droppedLines']).toBeGreaterThan(0);
  });

  test('a journal that takes nothing does not stop the process', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', join(__dirname, 'support', 'chatty.ts')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // Standard output is a pipe that nobody reads.
    child.stdout.pause();
    let said = '';
    child.stderr.on('data', (text: Buffer) => (said += text.toString()));
    const [code] = (await once(child, 'exit')) as [number | null];
    expect({ code, said }).toEqual({ code: 0, said: 'the loop turns\n' });
  });
});
