import { afterAll, expect, jest, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './imports';

jest.setTimeout(120_000);

/** A file beside core/, compiled together with it and by its settings. */
const beside = mkdtempSync(join(tmpdir(), 'holdfast-core-'));
writeFileSync(
  join(beside, 'tsconfig.json'),
  JSON.stringify({ extends: join(ROOT, 'core/tsconfig.json'), include: ['.', join(ROOT, 'core')] }),
);
afterAll(() => rmSync(beside, { recursive: true }));

/** What the compiler says about a folder. */
function compile(folder: string): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder], {
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

test("core/ compiles without Node's types", () => {
  expect(compile(join(ROOT, 'core'))).toEqual({ status: 0, output: '' });
});

test('so does a pure file beside it', () => {
  writeFileSync(join(beside, 'impure.ts'), 'export const x = [1].map((n) => n + 1);');
  expect(compile(beside)).toEqual({ status: 0, output: '' });
});

test.each([
  ['the environment', 'export const home = process.env.HOME;', "Cannot find name 'process'"],
  ['a file', "import { readFileSync } from 'node:fs';\nexport const x = readFileSync('x');", 'Cannot find'],
  ['a timer', 'setTimeout(() => undefined, 1);', "Cannot find name 'setTimeout'"],
  ['the console', "console.log('x');", "Cannot find name 'console'"],
  ['the network', "export const x = fetch('http://x');", "Cannot find name 'fetch'"],
  ['randomness', 'export const x = crypto.randomUUID();', "Cannot find name 'crypto'"],
])('a file of core/ that uses %s does not', (_, text, message) => {
  writeFileSync(join(beside, 'impure.ts'), text);
  const { status, output } = compile(beside);
  expect(status).not.toBe(0);
  expect(output).toContain('impure.ts');
  expect(output).toContain(message);
});
