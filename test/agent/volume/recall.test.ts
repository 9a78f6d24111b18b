import { describe, expect, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import { IdentityStore } from '../../../agent/identity';
import { layoutOf, type Layout } from '../../../agent/layout';
import { Promises } from '../../../agent/promise';
import { RegisterWatch } from '../../../agent/register-watch';
import { recall } from '../../../agent/volume/recall';
import { parseSlot } from '../../../core/member';
import { temporaryDirectory } from '../support/directory';
import { recordedLog } from '../support/lines';

const VOLUME_ID = 'vol-0123456789abcdef0';
const directory = temporaryDirectory();

async function recalled(
  write: (layout: Layout) => Promise<void>,
): Promise<{ identity: IdentityStore; codes: unknown[] }> {
  const layout = layoutOf({ volume: directory.path });
  await mkdir(layout.state.directory, { recursive: true });
  await write(layout);
  const recorded = recordedLog();
  const { log } = recorded;
  const register = { readRecord: () => Promise.resolve(undefined) };
  const identity = new IdentityStore(layout, parseSlot('a'), VOLUME_ID);
  await recall(
    { identity, promises: new Promises(layout), watch: new RegisterWatch(register, layout, log) },
    VOLUME_ID,
    log,
  );
  return { identity, codes: recorded.codes() };
}

const asIdentity = (volumeId: string): string =>
  JSON.stringify({ member: 'a_0123456789ab', volumeId, directory: 'ready' });

describe('the state on a volume', () => {
  test('of a new one is empty', async () => {
    expect((await recalled(() => Promise.resolve())).identity.current()).toBeUndefined();
  });

  test('is what was written on this volume', async () => {
    const { identity, codes } = await recalled(({ state }) => writeFile(state.identity, asIdentity(VOLUME_ID)));
    expect(identity.current()?.member).toBe('a_0123456789ab');
    expect(codes).toEqual([]);
  });

  test('that was restored from a snapshot of another one is a new member, and that is told', async () => {
    const { identity, codes } = await recalled(({ state }) => writeFile(state.identity, asIdentity('vol-0fedcba9876')));
    expect(identity.current()?.member).not.toBe('a_0123456789ab');
    expect(identity.current()?.volumeId).toBe(VOLUME_ID);
    expect(codes).toEqual(['volume-copied']);
  });

  const broken: [string, (layout: Layout) => string, string][] = [
    ['an identity', ({ state }) => state.identity, 'torn'],
    ['an identity of somebody else', ({ state }) => state.identity, '{"name":"a"}'],
    ['a pledge', ({ state }) => state.pledge, '{"term":"three"}'],
    ['a record', ({ state }) => state.record, '{"version":1}'],
  ];
  test.each(broken)('that cannot be understood is not taken for none: %s', async (_, file, text) => {
    const recalling = recalled((layout) => writeFile(file(layout), text));
    await expect(recalling).rejects.toMatchObject({ name: 'VolumeObstacle', state: 'state-unreadable' });
    await expect(recalling).rejects.toThrow('Move the state directory out of the way, and restart the agent');
  });
});
