import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, succeed, type SystemUser, systemUser } from '../../agent/command';
import { layoutOf, type Layout } from '../../agent/layout';
import { mountAt } from '../../agent/mounts';
import { SlotVolume } from '../../agent/volume';
import { FILES } from './support/authority';
import { temporaryDirectory } from './support/directory';
import { eventually } from './support/eventually';
import { recordedLog } from './support/lines';
import { LoopVolume, OneVolume } from './support/slot-volume';

/** Inside the Debian 13 image, as root, with real block devices and file systems. */
jest.setTimeout(180_000);

const VOLUME_ID = 'vol-0123456789abcdef0';
/** The smallest that XFS accepts, and a little. */
const SIZE_MIB = 320;
const timeoutMs = 30_000;

let loop: LoopVolume;
let api: OneVolume;
let layout: Layout;
let postgres: SystemUser;
let activities: string[];
let aborts: AbortController;

// Before the directory is removed: these run in the order in which they stand.
afterEach(async () => {
  aborts.abort();
  if ((await mountAt(layout.volume)) !== undefined) await succeed('umount', [layout.volume], { timeoutMs });
  await loop.remove();
});

const directory = temporaryDirectory();

beforeEach(async () => {
  loop = await LoopVolume.create(directory.path, SIZE_MIB);
  const linkDirectory = join(directory.path, 'by-id');
  api = new OneVolume(VOLUME_ID, loop.device, linkDirectory);
  layout = layoutOf({ volume: join(directory.path, 'mounted'), files: FILES });
  postgres = await systemUser('postgres');
  activities = [];
  aborts = new AbortController();
});

function slotVolume(): SlotVolume {
  return new SlotVolume({
    volumeId: VOLUME_ID,
    instanceId: 'i-0000000000000000a',
    api,
    layout,
    log: recordedLog().log,
    postgres,
    retryMs: 10,
    linkDirectory: join(directory.path, 'by-id'),
  });
}

const prepare = (volume: SlotVolume) => volume.prepare((text) => activities.push(text), aborts.signal);

/** Prepares in vain until it has said this, then gives up. */
async function refuses(volume: SlotVolume, reason: RegExp): Promise<void> {
  const before = await loop.checksum();
  const preparing = prepare(volume).catch((error: unknown) => error);
  await eventually(`it says ${String(reason)}`, () => activities.some((text) => reason.test(text)));
  aborts.abort();
  expect(await preparing).toMatchObject({ name: 'AbortError' });
  expect(await mountAt(layout.volume)).toBeUndefined();
  expect(await loop.checksum()).toBe(before);
}

describe('a blank volume', () => {
  test('gets a file system that shares blocks, and the directories with their owners', async () => {
    await prepare(slotVolume());
    expect(await mountAt(layout.volume)).toMatchObject({ type: 'xfs' });
    expect(api.requests).toEqual([`${VOLUME_ID} to i-0000000000000000a as /dev/sdf`]);
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
    await prepare(slotVolume());
    const file = await open(layout.state.pledge, 'w');
    await file.writeFile('term 3');
    await file.sync();
    await file.close();
    await prepare(slotVolume());
    expect(await readFile(layout.state.pledge, 'utf8')).toBe('term 3');

    // The kernel stops writing at once, log included, as when the power is cut.
    await succeed('xfs_io', ['-x', '-c', 'shutdown', layout.volume], { timeoutMs });
    await slotVolume().unmount();
    await api.disappear();
    await prepare(slotVolume());
    expect(await readFile(layout.state.pledge, 'utf8')).toBe('term 3');
    expect(api.requests).toHaveLength(2);
  });

  test('that has grown grows its file system, mounted as it is', async () => {
    const volume = slotVolume();
    await prepare(volume);
    const before = await volume.space();
    await loop.grow(2 * SIZE_MIB);
    await volume.grow();
    expect((await volume.space()).totalBytes).toBeGreaterThan(1.8 * before.totalBytes);
    await volume.grow();
  });
});

describe('a volume that is not blank', () => {
  const contents: [string, () => Promise<unknown>][] = [
    ['another file system', () => succeed('mkfs.ext4', ['-q', loop.device], { timeoutMs })],
    [
      'a damaged file system that nothing recognizes',
      async () => {
        await succeed('mkfs.ext4', ['-q', loop.device], { timeoutMs });
        await loop.zero(0, 1);
      },
    ],
    ['a partition table', () => succeed('sfdisk', ['-q', loop.device], { timeoutMs, stdin: 'label: gpt\n,\n' })],
    ['something unknown at its beginning', () => loop.write(0, 'precious')],
    ['something unknown at its end', () => loop.write(SIZE_MIB - 1, 'precious')],
    ['something unknown in the middle', () => loop.write(Math.floor((SIZE_MIB * 7) / 33), 'precious')],
  ];
  test.each(contents)('but holds %s is refused and left as it is', async (_, fill) => {
    await fill();
    await refuses(slotVolume(), /mount ended with status 32/);
  });

  test('but holds a file system of ours that is damaged is refused, not repaired and not made anew', async () => {
    await prepare(slotVolume());
    await slotVolume().unmount();
    await succeed('xfs_db', ['-x', '-c', 'sb 0', '-c', 'write -d sectsize 7', loop.device], { timeoutMs });
    await refuses(slotVolume(), /mount ended with status 32/);
  });
});

describe('what cannot be told', () => {
  test('a volume that cannot be read is not blank', async () => {
    const { code, stderr } = await run(join(FILES, 'volume-is-blank.sh'), [join(directory.path, 'none')], {
      timeoutMs,
    });
    expect([0, 10]).not.toContain(code);
    expect(stderr).toContain('No such file');
  });

  test('a blank check that fails makes no file system', async () => {
    layout = layoutOf({ volume: join(directory.path, 'mounted'), files: directory.path });
    const check = join(directory.path, 'volume-is-blank.sh');
    await writeFile(check, '#!/bin/sh\necho "Input/output error" >&2\nexit 1\n', { mode: 0o755 });
    await refuses(slotVolume(), /could not be told: Input\/output error/);
  });

  test('another volume in its place is refused', async () => {
    await prepare(slotVolume());
    await slotVolume().unmount();
    await succeed('mount', ['-t', 'tmpfs', 'tmpfs', layout.volume], { timeoutMs });
    const preparing = prepare(slotVolume()).catch((error: unknown) => error);
    await eventually('it says so', () => activities.some((text) => text.includes('holds tmpfs; expected')));
    aborts.abort();
    expect(await preparing).toMatchObject({ name: 'AbortError' });
  });
});

describe('attaching', () => {
  test('waits while another instance has it, and says for whom', async () => {
    api.place = { kind: 'attached', instanceId: 'i-0000000000000000b', state: 'attached' };
    const preparing = prepare(slotVolume());
    await eventually('it waits', () =>
      activities.includes(`waiting for i-0000000000000000b to release ${VOLUME_ID} (attached)`),
    );
    expect(api.requests).toEqual([]);
    api.place = { kind: 'available' };
    await preparing;
    expect(api.requests).toHaveLength(1);
  });

  test('goes on when the API does not answer, and when it says no', async () => {
    api.failures = [new Error('no route to host'), new Error('UnauthorizedOperation')];
    await prepare(slotVolume());
    expect(activities).toContain(`attaching ${VOLUME_ID}: Error: UnauthorizedOperation`);
    expect(await mountAt(layout.volume)).toMatchObject({ type: 'xfs' });
  });

  test('waits for the device, and takes nothing but a block device', async () => {
    api.place = { kind: 'attached', instanceId: 'i-0000000000000000a', state: 'attached' };
    const preparing = prepare(slotVolume());
    await eventually('it waits', () => activities.includes(`waiting for the device of ${VOLUME_ID} (attached)`));
    await api.appear();
    await preparing;
    expect(api.requests).toEqual([]);
  });

  test('needs no API when the device is there', async () => {
    await api.appear();
    api.failures = Array.from({ length: 100 }, () => new Error('no route to host'));
    await prepare(slotVolume());
    expect(await mountAt(layout.volume)).toMatchObject({ type: 'xfs' });
  });
});
