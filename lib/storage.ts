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
}

/**
 * Each slot's data volume, checked.
 *
 * @throws HoldfastPropError naming the property, its value and what is allowed
 */
export function storageOf(props: PostgresClusterProps): Storage {
  const size = props.storageSize ?? Size.gibibytes(20);
  if (size.isUnresolved()) {
    throw new HoldfastPropError('storageSize', 'a token', 'a size that is known when the template is made');
  }
  const gib = size.toGibibytes({ rounding: SizeRoundingBehavior.NONE });
  const { min, max } = GP3.sizeGiB;
  if (!Number.isInteger(gib) || gib < min || gib > max) {
    throw new HoldfastPropError('storageSize', `${gib} GiB`, `a whole number of GiB from ${min} to ${max}`);
  }
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
  return { size, throughput, iops };
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
