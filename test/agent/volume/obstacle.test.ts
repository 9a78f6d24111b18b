import { expect, test } from '@jest/globals';
import { DiskStalled } from '../../../agent/disk';
import { obstacleOf } from '../../../agent/volume/obstacle';
import type { VolumeState } from '../../../agent/volume/states';

const kernel = (code: string): Error => Object.assign(new Error(`${code}: write`), { code });

test.each<[string, Error, VolumeState]>([
  ['no room', kernel('ENOSPC'), 'full'],
  ['an input/output error', kernel('EIO'), 'shut-down'],
  ['no writes', kernel('EROFS'), 'read-only'],
  ['no answer', new DiskStalled('Reading: the disk did not answer within 10 ms.'), 'stalled'],
])('%s is a state of the volume', (_, error, state) => {
  expect(obstacleOf(error, 'vol-1')).toMatchObject({ name: 'VolumeObstacle', state, cause: error });
});

test('anything else is what it is', () => {
  const error = kernel('ENOENT');
  expect(obstacleOf(error, 'vol-1')).toBe(error);
});
