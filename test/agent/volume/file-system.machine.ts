import { describe, expect, jest, test } from '@jest/globals';
import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, succeed } from '../../../agent/command';
import { layoutOf } from '../../../agent/layout';
import { mountAt } from '../../../agent/mounts';
import { FileSystem } from '../../../agent/volume/file-system';
import type { VolumeState } from '../../../agent/volume/states';
import { FILES } from '../support/authority';
import { SIZE_MIB, VOLUME_ID, volumeUnderTest } from './support/volume-under-test';

/** Inside the Debian 13 image, as root, with real block devices and file systems. */
jest.setTimeout(180_000);

const timeoutMs = 30_000;
const at = volumeUnderTest();

async function store(text: string): Promise<void> {
  const file = await open(at.current.layout.state.pledge, 'w');
  await file.writeFile(text);
  await file.sync();
  await file.close();
}

const stored = (): Promise<string> => readFile(at.current.layout.state.pledge, 'utf8');

/** The kernel stops writing at once, log included, as when the power is cut. */
const shutDown = (): Promise<unknown> =>
  succeed('xfs_io', ['-x', '-c', 'shutdown', at.current.layout.volume], { timeoutMs });

describe('a blank volume', () => {
  test('gets a file system that shares blocks, and the directories with their owners', async () => {
    const { layout, loop, postgres } = at.current;
    expect(await new FileSystem(layout, VOLUME_ID).content(loop.device)).toEqual({ kind: 'blank' });
    await at.current.prepare();
    expect(await mountAt(layout.volume)).toMatchObject({ type: 'xfs', readOnly: false });
    const { stdout } = await succeed('xfs_info', [layout.volume], { timeoutMs });
    expect(stdout).toContain('reflink=1');
    const owners = [];
    for (const path of [layout.data, layout.aside, layout.config.directory, layout.state.directory]) {
      const { uid, gid, mode } = await stat(path);
      owners.push({ uid, gid, mode: mode & 0o777 });
    }
    expect(owners).toEqual([
      { ...postgres, mode: 0o700 },
      { ...postgres, mode: 0o700 },
      { uid: 0, gid: postgres.gid, mode: 0o750 },
      { uid: 0, gid: 0, mode: 0o700 },
    ]);
  });

  test('is made once: what is on it stays, through restarts, replacements and power cuts', async () => {
    await at.current.prepare();
    await store('term 3');
    await at.current.prepare();
    expect(await stored()).toBe('term 3');

    await shutDown();
    await at.current.slotVolume().unmount();
    await at.current.api.disappear();
    await at.current.prepare();
    expect(await stored()).toBe('term 3');
    expect(at.current.api.requests).toHaveLength(2);
  });

  test('that has grown grows its file system, mounted as it is', async () => {
    const volume = at.current.slotVolume();
    await at.current.prepare(volume);
    const before = await volume.space();
    await at.current.loop.grow(2 * SIZE_MIB);
    await volume.grow();
    expect((await volume.space()).totalBytes).toBeGreaterThan(1.8 * before.totalBytes);
    await volume.grow();
  });
});

describe('a volume that is not blank is left as it is when it holds', () => {
  const mkfs = (): Promise<unknown> => succeed('mkfs.ext4', ['-q', at.current.loop.device], { timeoutMs });
  const contents: [string, VolumeState, () => Promise<unknown>][] = [
    ['another file system', 'foreign-file-system', mkfs],
    [
      'a damaged file system that nothing recognizes',
      'unknown-content',
      async () => {
        await mkfs();
        await at.current.loop.zero(0, 1);
      },
    ],
    [
      'a partition table',
      'foreign-file-system',
      () => succeed('sfdisk', ['-q', at.current.loop.device], { timeoutMs, stdin: 'label: gpt\n,\n' }),
    ],
    ['something unknown at its beginning', 'unknown-content', () => at.current.loop.write(0, 'precious')],
    ['something unknown at its end', 'unknown-content', () => at.current.loop.write(SIZE_MIB - 1, 'precious')],
    [
      'something unknown in the middle',
      'unknown-content',
      () => at.current.loop.write(Math.floor((SIZE_MIB * 7) / 33), 'precious'),
    ],
  ];
  test.each(contents)('%s', async (_, state, fill) => {
    await fill();
    await at.current.refuses(state, "is not Holdfast's");
  });

  test('a file system of ours that is damaged: neither repaired nor made anew', async () => {
    await at.current.prepare();
    await at.current.slotVolume().unmount();
    await succeed('xfs_db', ['-x', '-c', 'agi 0', '-c', 'write -d root 99999', at.current.loop.device], { timeoutMs });
    await at.current.waitsWith('damaged', 'Structure needs cleaning');
    const { stdout } = await succeed('xfs_db', ['-c', 'agi 0', '-c', 'print root', at.current.loop.device], {
      timeoutMs,
    });
    expect(stdout).toContain('root = 99999');
  });
});

describe('what cannot be told', () => {
  test('a volume that cannot be read is not blank', async () => {
    const { code, stderr } = await run(join(FILES, 'volume-is-blank.sh'), [join(at.current.directory, 'none')], {
      timeoutMs,
    });
    expect([0, 10]).not.toContain(code);
    expect(stderr).toContain('No such file');
  });

  test('a blank check that fails makes no file system', async () => {
    const { directory, layout } = at.current;
    at.current.layout = layoutOf({ volume: layout.volume, files: directory });
    const check = join(directory, 'volume-is-blank.sh');
    await writeFile(check, '#!/bin/sh\necho "Input/output error" >&2\nexit 1\n', { mode: 0o755 });
    await at.current.refuses('unreadable', 'could not be told: Input/output error');
  });
});

describe('the agent goes on by itself', () => {
  test('when another thing that is mounted in its place has gone', async () => {
    const { layout } = at.current;
    await at.current.prepare();
    await at.current.slotVolume().unmount();
    await succeed('mount', ['-t', 'tmpfs', 'tmpfs', layout.volume], { timeoutMs });
    const preparing = at.current.prepare();
    await at.current.says('holds tmpfs; expected');
    at.current.hasLogged('place-taken');
    expect(await mountAt(layout.volume)).toMatchObject({ type: 'tmpfs' });
    await succeed('umount', [layout.volume], { timeoutMs });
    await preparing;
    expect(await mountAt(layout.volume)).toMatchObject({ type: 'xfs' });
  });

  test('when the device takes writes again: read-only it is not kept mounted', async () => {
    const { layout, loop } = at.current;
    await at.current.prepare();
    await at.current.slotVolume().unmount();
    await loop.protect(true);
    const preparing = at.current.prepare();
    await at.current.says('could be mounted only read-only');
    await loop.protect(false);
    await preparing;
    expect(await mountAt(layout.volume)).toMatchObject({ readOnly: false });
  });

  test('after the kernel has shut the file system down: mounted anew, once nobody uses it any more', async () => {
    await at.current.prepare();
    await store('term 4');
    const volume = at.current.slotVolume();
    expect(await volume.isShutDown()).toBe(false);
    await shutDown();
    expect(await volume.isShutDown()).toBe(true);
    await at.current.prepare();
    expect(at.current.usersStopped).toBe(1);
    expect(await stored()).toBe('term 4');
    expect(at.current.log.codes()).toContain('volume-shut-down');
  });

  test('on a full file system, which is used as it is', async () => {
    await at.current.prepare();
    const ballast = join(at.current.layout.volume, 'ballast');
    const { stderr } = await run('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=1M', 'conv=fsync'], { timeoutMs });
    expect(stderr).toContain('No space left on device');
    await at.current.prepare();
    await at.current.slotVolume().unmount();
    await at.current.prepare();
    expect((await stat(ballast)).size).toBeGreaterThan(0);
  });
});
