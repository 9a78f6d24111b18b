import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { TABLE_NAMES, withTables } from '../../core/protocol-tables';
import { ROOT, typeScriptFiles } from './imports';

const protocol = readFileSync(join(ROOT, 'docs/protocol.md'), 'utf8');

describe('the tables of docs/protocol.md', () => {
  test('are those of the code; script/protocol-tables writes them', () => {
    expect(withTables(protocol)).toBe(protocol);
  });

  test('are all there, each once', () => {
    const found = [...protocol.matchAll(/<!-- generated: ([a-z-]+) -->/g)].map(([, name]) => name);
    expect(found.sort()).toEqual([...TABLE_NAMES].sort());
  });

  test('would be found to differ', () => {
    expect(withTables(protocol.replace('| `N31-pledge`', '| `N31-promise`'))).toBe(protocol);
    expect(withTables('<!-- generated: findings -->\nold\n<!-- end -->')).toContain('| `blind`');
    expect(() => withTables('<!-- generated: nothing -->\n<!-- end -->')).toThrow('"nothing" is not a table.');
  });

  test('are compared by the script as well', () => {
    const { status, stderr } = spawnSync(join(ROOT, 'script/protocol-tables'), ['--check'], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

/** Rules that the text speaks of, beside the tables. */
test('every rule that the prose of docs/protocol.md names is in a table', () => {
  const ids = new Set([...protocol.matchAll(/`([CEGNW]\d+)-[a-z0-9-]+`/g)].map(([, id]) => id));
  const named = [...protocol.matchAll(/\b([CEGNW]\d+)\b(?!-)/g)].map(([, id]) => id);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((id) => !ids.has(id))).toEqual([]);
});

describe.each(['docs/protocol.md', 'docs/safety.md'])('%s', (document) => {
  const text = readFileSync(join(ROOT, document), 'utf8');

  test('names only files that exist', () => {
    const paths = pathsIn(text);
    expect(paths.length).toBeGreaterThan(5);
    expect(paths.filter((path) => !exists(path))).toEqual([]);
  });

  test('links only to files that exist', () => {
    const targets = [...text.matchAll(/\]\((?![a-z]+:|#)([^)#]+)/g)].map(([, target]) => target ?? '');
    expect(targets.filter((target) => !existsSync(join(ROOT, dirname(document), target)))).toEqual([]);
  });
});

test('a path that leads nowhere would be found', () => {
  expect(pathsIn('`core/no.ts`, `no.machine.ts`, `test/lab`, `SHOW`, `model/`')).toEqual([
    'core/no.ts',
    'no.machine.ts',
    'test/lab',
    'model/',
  ]);
  expect(['core/no.ts', 'no.machine.ts', 'core/node.ts', 'node.test.ts', 'test/lab'].filter(exists)).toEqual([
    'core/node.ts',
    'node.test.ts',
    'test/lab',
  ]);
});

/** Whatever stands in backticks and begins with a folder of this repository, or is a TypeScript file's name. */
function pathsIn(text: string): readonly string[] {
  const folders = readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = [...folders.map(({ name }) => name), 'model', 'simulation'];
  return [...text.matchAll(/`([^`\s]+)`/g)]
    .map(([, quoted]) => quoted ?? '')
    .filter(
      (quoted) => names.some((name) => quoted.startsWith(`${name}/`)) || /^[a-z0-9-]+(\.[a-z]+)*\.ts$/.test(quoted),
    );
}

/** A name without a folder is a test's. */
function exists(path: string): boolean {
  if (path.includes('/')) return existsSync(join(ROOT, path));
  return tests.some((file) => basename(file) === path);
}

const tests = typeScriptFiles(join(ROOT, 'test')).map((file) => relative(ROOT, file));
