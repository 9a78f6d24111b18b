import { Size, SizeRoundingBehavior } from 'aws-cdk-lib';
import type { PostgresClusterProps } from './postgres-cluster-props';
import { HoldfastPropError } from './prop-error';

/** EBS's own limits for gp3, but for the least size: PostgreSQL, its WAL and a directory set aside need some room. */
const GP3 = {
  sizeGiB: { min: 10, max: 65_536 },
  throughput: { min: 125, max: 2_000 },
  iops: { min: 3_000, max: 80_000 },
  iopsPerGiB: 500,
  iopsPerThroughput: 4,
} as const;

export interface Storage {
  readonly size: Size;
  /** MiB/s */
  readonly throughput: number;
  readonly iops: number;
  /** How large volumes may grow by themselves. */
  readonly maxGiB?: number;
}

/**
 * Each slot's data volume, checked.
 *
 * @throws HoldfastPropError naming the property, its value and what is allowed
 */
export function storageOf(props: PostgresClusterProps): Storage {
  const size = props.storageSize ?? Size.gibibytes(20);
  const gib = wholeGiB('storageSize', size, GP3.sizeGiB);
  const maxGiB = props.maxStorageSize && wholeGiB('maxStorageSize', props.maxStorageSize, { ...GP3.sizeGiB, min: gib });
  const throughput = inRange('storageThroughput', props.storageThroughput, GP3.throughput);
  const iops = inRange('storageIops', props.storageIops, GP3.iops);
  if (iops > gib * GP3.iopsPerGiB) {
    throw new HoldfastPropError('storageIops', iops, `at most ${GP3.iopsPerGiB} for each of the ${gib} GiB`);
  }
  if (throughput * GP3.iopsPerThroughput > iops) {
    throw new HoldfastPropError(
      'storageThroughput',
      throughput,
      `at most a quarter of storageIops, which is ${iops} (raise storageIops to ${throughput * GP3.iopsPerThroughput})`,
    );
  }
  return { size, throughput, iops, ...(maxGiB !== undefined && { maxGiB }) };
}

function wholeGiB(property: string, size: Size, { min, max }: { readonly min: number; readonly max: number }): number {
  if (size.isUnresolved()) {
    throw new HoldfastPropError(property, 'a token', 'a size that is known when the template is made');
  }
  const gib = size.toGibibytes({ rounding: SizeRoundingBehavior.NONE });
  if (!Number.isInteger(gib) || gib < min || gib > max) {
    throw new HoldfastPropError(property, `${gib} GiB`, `a whole number of GiB from ${min} to ${max}`);
  }
  return gib;
}

function inRange(
  property: string,
  value: number | undefined,
  range: { readonly min: number; readonly max: number },
): number {
  const chosen = value ?? range.min;
  if (!Number.isInteger(chosen) || chosen < range.min || chosen > range.max) {
    throw new HoldfastPropError(property, chosen, `a whole number from ${range.min} to ${range.max}`);
  }
  return chosen;
}
