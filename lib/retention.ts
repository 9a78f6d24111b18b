import { RemovalPolicy } from 'aws-cdk-lib';
import type { PostgresClusterProps } from './postgres-cluster-props';
import { HoldfastPropError } from './prop-error';

/** What becomes of the cluster's resources when it leaves its stack. */
export interface Retention {
  readonly volumes: RemovalPolicy;
  /** Register, secrets and CA: small, and without them retained data is hard to bring back. */
  readonly others: RemovalPolicy;
  readonly deletionProtection: boolean;
}

/** "Retain except on create" is not among them: with deletion protection it makes a rollback fail. */
const ALLOWED = [RemovalPolicy.RETAIN, RemovalPolicy.SNAPSHOT, RemovalPolicy.DESTROY];

/**
 * The choices about removal, checked.
 *
 * @throws HoldfastPropError naming the property, its value and what is allowed
 */
export function retentionOf(props: PostgresClusterProps): Retention {
  const volumes = props.removalPolicy ?? RemovalPolicy.RETAIN;
  if (!ALLOWED.includes(volumes)) {
    throw new HoldfastPropError('removalPolicy', volumes, 'retain, snapshot or destroy');
  }
  const kept = volumes !== RemovalPolicy.DESTROY;
  const deletionProtection = props.deletionProtection ?? kept;
  if (deletionProtection && !kept) {
    throw new HoldfastPropError(
      'deletionProtection',
      true,
      'false with removalPolicy DESTROY: a protected table can not be deleted',
    );
  }
  return { volumes, others: kept ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY, deletionProtection };
}
