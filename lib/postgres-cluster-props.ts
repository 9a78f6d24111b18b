import type { RemovalPolicy, Size } from 'aws-cdk-lib';
import type { IMachineImage, InstanceType, IVpc, SubnetSelection, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { PostgresVersion } from './postgres-version';

/** What a primary does when fewer standbys than `acks` are left. */
export enum WhenNoStandby {
  /** It goes on alone, after recording that only it can be elected: writes stay possible, availability is lower until a standby is back. */
  DEGRADE = 'degrade',
  /** Commits wait until a standby is back. */
  BLOCK = 'block',
}

/** Properties of a `PostgresCluster`. */
export interface PostgresClusterProps {
  /**
   * The VPC of nodes and health checker. It needs DNS support and DNS host names. (The class stands beside its interface for
   * compilers with `exactOptionalPropertyTypes`, which do not take the one for the other.)
   */
  readonly vpc: IVpc | Vpc;

  /**
   * The subnets of the nodes and of the health checker: at least one in each of as many zones as there are slots, each with a way
   * to AWS's services.
   *
   * @default - the private subnets with a route to the internet
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * Data nodes, each in an availability zone of its own: 1, 3 or 5.
   *
   * @default 3
   */
  readonly slots?: number;

  /**
   * Instance type of the nodes. Its architecture chooses the image.
   *
   * @default t4g.medium
   */
  readonly instanceType?: InstanceType;

  /**
   * Version of Debian 13's official image, `<date>-<number>`, as in its SSM parameter
   * `/aws/service/debian/release/13/<version>/<architecture>`. Another version replaces every node, one after the other.
   *
   * @default - the version that this release of Holdfast names
   */
  readonly machineImageVersion?: string;

  /**
   * An image of your own instead, made from Debian 13: with the packages baked in, nodes need no package mirror.
   *
   * @default - Debian's official image in `machineImageVersion`
   */
  readonly machineImage?: IMachineImage;

  /**
   * Size of each slot's data volume (gp3), 10 GiB to 64 TiB. It can grow, and never shrink.
   *
   * @default Size.gibibytes(20)
   */
  readonly storageSize?: Size;

  /**
   * Up to this size each node makes its own volume larger when less than a fifth of it is free, by a quarter at a time.
   * A later `storageSize` must not be smaller than the volumes have become: EBS refuses, and CloudFormation rolls back.
   *
   * @default - volumes have `storageSize`
   */
  readonly maxStorageSize?: Size;

  /**
   * Throughput of each data volume in MiB/s, 125 to 2000, and at most a quarter of `storageIops`.
   *
   * @default 125
   */
  readonly storageThroughput?: number;

  /**
   * I/O operations per second of each data volume, 3000 to 80000, and at most 500 for each GiB.
   *
   * @default 3000
   */
  readonly storageIops?: number;

  /**
   * Major version of PostgreSQL. It can't be changed later.
   *
   * @default PostgresVersion.V17
   */
  readonly version?: PostgresVersion;

  /**
   * The database that is made at first. It can't be changed later.
   *
   * @default 'app'
   */
  readonly databaseName?: string;

  /**
   * The role that owns that database. It can't be changed later.
   *
   * @default 'app'
   */
  readonly masterUsername?: string;

  /**
   * Extensions that are made in that database: those of Debian's packages, or with a `machineImage` of your own any.
   *
   * @default ['postgis']
   */
  readonly extensions?: string[];

  /**
   * PostgreSQL parameters, as in postgresql.conf. A changed parameter replaces no node: agents look once a minute.
   *
   * @default - PostgreSQL's own, but for those that Holdfast owns
   */
  readonly parameters?: Record<string, string>;

  /**
   * Standbys that have a commit on disk before it is acknowledged. With 0 a commit is on the primary alone, and only that primary can
   * be elected after it failed.
   *
   * @default - half of the standbys: 0, 1 and 2 for 1, 3 and 5 slots
   */
  readonly acks?: number;

  /**
   * What the primary does when fewer standbys than `acks` are left.
   *
   * @default WhenNoStandby.DEGRADE
   */
  readonly whenNoStandby?: WhenNoStandby;

  /**
   * Name of the private hosted zone. One VPC can't have two zones of one name.
   *
   * @default - `<stack>-<construct path>.holdfast.internal`
   */
  readonly zoneName?: string;

  /**
   * Make gateway endpoints (free) for DynamoDB and S3 in the VPC, so that the register does not depend on NAT. Existing ones that the
   * app made are found.
   *
   * @default - true for a VPC that the app makes, false for an imported one: its owner sees to them
   */
  readonly createGatewayEndpoints?: boolean;

  /**
   * What becomes of data volumes, secrets and register when the cluster leaves its stack. The private zone is always retained: it can't
   * be deleted while records are in it.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Refuse to delete the register table.
   *
   * @default - true unless `removalPolicy` is DESTROY
   */
  readonly deletionProtection?: boolean;

  /**
   * How long CloudWatch Logs keeps what the health checker says, and the copies of the nodes' journals.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: RetentionDays;

  /**
   * What the names of the stack's outputs begin with; outputs of two clusters in a stack must differ.
   *
   * @default - the id of the construct
   */
  readonly outputPrefix?: string;
}
