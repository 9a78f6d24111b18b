import { describe, expect, test } from '@jest/globals';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfPresent, removeDurably, renameDurably, writeDurably } from '../../agent/durable';
import { temporaryDirectory } from './support/directory';

const directory = temporaryDirectory();
const at = (name: string): string => join(directory.path, name);

describe('a durable file', () => {
  test('holds the new text and leaves nothing beside it', async () => {
    await writeDurably(at('pledge.json'), 'old');
    await writeDurably(at('pledge.json'), 'new');
    expect(await readFile(at('pledge.json'), 'utf8')).toBe('new');
    expect(await readdir(directory.path)).toEqual(['pledge.json']);
  });

  test('is readable by its owner alone unless told otherwise', async () => {
    await writeDurably(at('key'), 'secret');
    await writeDurably(at('certificate'), 'public', { mode: 0o644 });
    expect((await stat(at('key'))).mode & 0o777).toBe(0o600);
    expect((await stat(at('certificate'))).mode & 0o777).toBe(0o644);
  });

  test('takes a new mode when it is replaced', async () => {
    await writeFile(at('key'), 'old');
    await chmod(at('key'), 0o644);
    await writeDurably(at('key'), 'new');
    expect((await stat(at('key'))).mode & 0o777).toBe(0o600);
  });

  test('a replacement that fails leaves the old one and no litter', async () => {
    await mkdir(at('pledge.json'));
    await writeFile(at('pledge.json/child'), '');
    await expect(writeDurably(at('pledge.json'), 'new')).rejects.toThrow('EISDIR');
    expect(await readdir(directory.path)).toEqual(['pledge.json']);
  });

  test('many at once never mix', async () => {
    const texts = Array.from({ length: 40 }, (_, index) => String(index).repeat(5_000));
    await Promise.all(texts.map((text) => writeDurably(at('record.json'), text)));
    expect(texts).toContain(await readFile(at('record.json'), 'utf8'));
    expect(await readdir(directory.path)).toEqual(['record.json']);
  });
});

describe('reading', () => {
  test('says undefined only when the file is not there', async () => {
    expect(await readIfPresent(at('missing'))).toBeUndefined();
    await expect(readIfPresent(directory.path)).rejects.toThrow('EISDIR');
  });
});

describe('removing and renaming', () => {
  test('removing what is not there is fine', async () => {
    await writeDurably(at('standby.signal'), '');
    await removeDurably(at('standby.signal'));
    await removeDurably(at('standby.signal'));
    expect(await readdir(directory.path)).toEqual([]);
  });

  test('a directory moves with what is in it', async () => {
    await mkdir(at('data'));
    await mkdir(at('aside'));
    await writeFile(at('data/PG_VERSION'), '17');
    await renameDurably(at('data'), at('aside/a_0123456789'));
    expect(await readFile(at('aside/a_0123456789/PG_VERSION'), 'utf8')).toBe('17');
    expect(await readIfPresent(at('data/PG_VERSION'))).toBeUndefined();
  });
});
