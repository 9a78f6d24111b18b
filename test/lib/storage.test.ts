import { describe, expect, test } from '@jest/globals';
import { Lazy, Size } from 'aws-cdk-lib';
import type { PostgresClusterProps } from '../../lib';
import { storageOf } from '../../lib/storage';

const storage = (props: Partial<PostgresClusterProps>) => storageOf(props as PostgresClusterProps);

test('without a choice: 20 GiB at what gp3 gives for nothing', () => {
  const { size, throughput, iops } = storage({});
  expect([size.toGibibytes(), throughput, iops]).toEqual([20, 125, 3000]);
});

describe("the ends of EBS's ranges are allowed", () => {
  test('the smallest', () => {
    expect(storage({ storageSize: Size.gibibytes(10) }).size.toGibibytes()).toBe(10);
  });

  test('the largest', () => {
    const largest = { storageSize: Size.tebibytes(64), storageThroughput: 2000, storageIops: 80_000 };
    expect(storage(largest)).toMatchObject({ throughput: 2000, iops: 80_000 });
  });

  test('a quarter of the I/O operations as throughput', () => {
    expect(storage({ storageThroughput: 750, storageIops: 3000 }).throughput).toBe(750);
  });

  test('500 I/O operations for each GiB', () => {
    expect(storage({ storageSize: Size.gibibytes(10), storageIops: 5000 }).iops).toBe(5000);
  });
});

test('volumes may grow by themselves up to a stated size', () => {
  expect(storage({}).maxGiB).toBeUndefined();
  expect(storage({ maxStorageSize: Size.gibibytes(20) }).maxGiB).toBe(20);
  expect(storage({ storageSize: Size.gibibytes(100), maxStorageSize: Size.tebibytes(1) }).maxGiB).toBe(1024);
});

describe('anything else is an error that names property, value and what is allowed', () => {
  test.each<[string, Partial<PostgresClusterProps>, string]>([
    [
      'a maximum below the size',
      { storageSize: Size.gibibytes(100), maxStorageSize: Size.gibibytes(99) },
      'maxStorageSize is "99 GiB"; allowed: a whole number of GiB from 100 to 65536',
    ],
    [
      'too small',
      { storageSize: Size.gibibytes(9) },
      'storageSize is "9 GiB"; allowed: a whole number of GiB from 10 to 65536',
    ],
    [
      'too large',
      { storageSize: Size.gibibytes(65_537) },
      'storageSize is "65537 GiB"; allowed: a whole number of GiB from 10 to 65536',
    ],
    [
      'half a GiB',
      { storageSize: Size.mebibytes(20 * 1024 + 512) },
      'storageSize is "20.5 GiB"; allowed: a whole number',
    ],
    [
      'a size that is not known yet',
      { storageSize: Size.gibibytes(Lazy.number({ produce: () => 20 })) },
      'storageSize is "a token"; allowed: a size that is known when the template is made',
    ],
    ['too slow', { storageThroughput: 124 }, 'storageThroughput is 124; allowed: a whole number from 125 to 2000'],
    ['too fast', { storageThroughput: 2001 }, 'storageThroughput is 2001; allowed: a whole number from 125 to 2000'],
    ['too few operations', { storageIops: 2999 }, 'storageIops is 2999; allowed: a whole number from 3000 to 80000'],
    [
      'too many operations',
      { storageSize: Size.tebibytes(1), storageIops: 80_001 },
      'storageIops is 80001; allowed: a whole number from 3000 to 80000',
    ],
    [
      'more operations than the size allows',
      { storageSize: Size.gibibytes(10), storageIops: 5001 },
      'storageIops is 5001; allowed: at most 500 for each of the 10 GiB',
    ],
    [
      'more throughput than the operations allow',
      { storageThroughput: 751 },
      'storageThroughput is 751; allowed: at most a quarter of storageIops, which is 3000 (raise storageIops to 3004)',
    ],
  ])('%s', (_, props, message) => {
    expect(() => storage(props)).toThrow(`PostgresCluster: ${message}`);
  });
});
