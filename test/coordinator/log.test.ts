import { describe, expect, it } from '@jest/globals';
import { createLog } from '../../coordinator/log';

describe('the log', () => {
  const lines: string[] = [];
  const log = createLog({ cluster: 'shop' }, (line) => lines.push(line));

  it('is one JSON object a line, with a code, a level and what is common to all', () => {
    log.info('record', { term: 2, lsn: 3n });
    expect(lines.at(-1)).toMatch(
      /^\{"at":"\d{4}-.*Z","level":"info","code":"record","cluster":"shop","term":2,"lsn":"3"\}\n$/,
    );
  });

  it('tells an error with its causes', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { name: 'Error' });
    log.error('write-unanswered', new TypeError('no answer', { cause }), { rule: 'C1-elect' });
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      level: 'error',
      rule: 'C1-elect',
      error: 'TypeError: no answer (because of Error: connect ECONNREFUSED)',
    });
  });

  it('is not confused by what is thrown though it is no error', () => {
    log.error('odd', 'text');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ code: 'odd', error: 'text' });
  });
});
