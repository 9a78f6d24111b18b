import { describe, expect, test } from '@jest/globals';
import { StorageGrowth, type VolumeSizeApi } from '../../agent/storage-growth';
import { recordedLog } from './support/lines';

const GIB = 2 ** 30;

class Volume implements VolumeSizeApi {
  readonly asked: number[] = [];
  refusal: string | undefined;
  sizeGiB(): Promise<number> {
    return Promise.resolve(20);
  }
  enlarge(_volumeId: string, sizeGiB: number): Promise<void> {
    if (this.refusal !== undefined) return Promise.reject(new Error(this.refusal));
    this.asked.push(sizeGiB);
    return Promise.resolve();
  }
}

function growth(freeGiB: number) {
  const volume = new Volume();
  const recorded = recordedLog();
  const space = () => Promise.resolve({ totalBytes: 20 * GIB, freeBytes: freeGiB * GIB });
  return { volume, ...recorded, growth: new StorageGrowth(volume, 'vol-1', space, recorded.log) };
}

describe('a volume that fills up', () => {
  test('is made larger, and the log says so', async () => {
    const { volume, lines, growth: subject } = growth(2);
    await subject.look(100);
    expect(volume.asked).toEqual([30]);
    expect(lines).toMatchObject([{ code: 'volume-grows', sizeGiB: 20, wanted: 30 }]);
  });

  test('stays as it is unless the owner has said how large it may grow', async () => {
    const { volume, growth: subject } = growth(2);
    await subject.look(undefined);
    expect(volume.asked).toEqual([]);
  });

  test('that EBS does not change now is asked for again; the reason is told once', async () => {
    const { volume, lines, growth: subject } = growth(2);
    volume.refusal = 'VolumeModificationRateExceeded';
    await subject.look(100);
    await subject.look(100);
    volume.refusal = undefined;
    await subject.look(100);
    expect(volume.asked).toEqual([30]);
    expect(lines.map(({ code }) => code)).toEqual(['volume-not-grown', 'volume-grows']);
  });
});

test('one with room stays as it is', async () => {
  const { volume, growth: subject } = growth(10);
  await subject.look(100);
  expect(volume.asked).toEqual([]);
});
