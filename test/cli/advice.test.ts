import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adviceOn } from '../../cli/advice';
import { withAdvice } from '../../cli/advice-tables';
import { FINDINGS } from '../../core/finding';

const operations = readFileSync(join(__dirname, '../../docs/operations.md'), 'utf8');

test('docs/operations.md has what helps as the code has it; script/protocol-tables writes it', () => {
  expect(withAdvice(operations)).toBe(operations);
  for (const code of Object.keys(FINDINGS)) expect(operations).toContain(`| \`${code}\` `);
});

test('advice that differs would be found', () => {
  expect(withAdvice(operations.replace('Nothing to do: this takes a second.', 'Panic.'))).toBe(operations);
});

test('a finding that only a newer coordinator knows is told as such', () => {
  expect(adviceOn('of-next-year').helps).toContain('does not know this finding');
});
