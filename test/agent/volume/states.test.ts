import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VOLUME_STATES, VolumeObstacle } from '../../../agent/volume/states';
import { NODE_RULES } from '../../../core/node';

const document = readFileSync(join(__dirname, '../../../docs/volumes.md'), 'utf8');
const tests = readdirSync(__dirname)
  .filter((name) => name.endsWith('.ts') && name !== 'states.test.ts')
  .map((name) => readFileSync(join(__dirname, name), 'utf8'))
  .join('\n');

/** Cells of the table's rows, whatever the formatter made of their width. */
function rows(): readonly (readonly string[])[] {
  const [, table = ''] = /<!-- states -->([^]*?)<!-- end -->/.exec(document) ?? [];
  return table
    .trim()
    .split('\n')
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

describe('the table of docs/volumes.md', () => {
  test("is the code's", () => {
    const wanted = Object.entries(VOLUME_STATES).map(([state, { when, does, helps }]) => [
      `\`${state}\``,
      when,
      does,
      helps,
    ]);
    expect(rows()).toEqual(wanted);
  });
});

test.each(Object.keys(VOLUME_STATES))('%s has a test', (state) => {
  expect(tests).toContain(`'${state}'`);
});

test('an obstacle says what was found and what would help', () => {
  const obstacle = new VolumeObstacle('read-only', 'vol-1 could be mounted only read-only.');
  expect(obstacle.message).toBe(
    'vol-1 could be mounted only read-only. The device refuses writes: look at the health of the volume in EC2, and at `journalctl -k`.',
  );
});

test('docs/volumes.md names only rules that there are', () => {
  const known = new Set(NODE_RULES.map(({ id }) => id.split('-')[0]));
  const named = [...document.matchAll(/\bN\d+\b/g)].map(([id]) => id);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((id) => !known.has(id))).toEqual([]);
});
