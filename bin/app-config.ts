import type { App, Environment } from 'aws-cdk-lib';
import { RemovalPolicy, Size } from 'aws-cdk-lib';
import type { IIpAddresses, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { InstanceType, IpAddresses, MachineImage, SubnetFilter } from 'aws-cdk-lib/aws-ec2';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { PostgresClusterProps } from '../lib';
import { PostgresVersion, WhenNoStandby } from '../lib';
import type { Parser } from './context-values';
import { ContextError, dictionary, flag, oneOf, text, texts, wholeNumber } from './context-values';

/** What the app makes, as its context says. */
export interface AppConfig {
  readonly stackName: string;
  /** Only for a lookup: without it the template is the same in every account and region. */
  readonly env?: Environment;
  readonly vpcId?: string;
  readonly vpcCidr?: IIpAddresses;
  readonly natGateways?: number;
  readonly availabilityZones?: readonly string[];
  readonly cluster: Omit<PostgresClusterProps, 'vpc' | 'outputPrefix'>;
}

/** Every context value that the app knows, and what it becomes. */
export const CONTEXT = {
  stackName: text,
  account: text,
  region: text,
  vpcId: text,
  vpcCidr: parsed(text, (cidr) => IpAddresses.cidr(cidr)),
  natGateways: wholeNumber,
  availabilityZones: texts,
  subnetGroupName: text,
  subnetIds: texts,
  slots: wholeNumber,
  instanceType: parsed(text, (name) => new InstanceType(name)),
  machineImageVersion: text,
  machineImageParameter: parsed(text, (name) => MachineImage.fromSsmParameter(name)),
  storageSizeGiB: parsed(wholeNumber, (size) => Size.gibibytes(size)),
  maxStorageSizeGiB: parsed(wholeNumber, (size) => Size.gibibytes(size)),
  storageThroughput: wholeNumber,
  storageIops: wholeNumber,
  postgresVersion: parsed(
    (name, value) => text(name, String(value)),
    (major) => PostgresVersion.of(major),
  ),
  databaseName: text,
  masterUsername: text,
  extensions: texts,
  parameters: dictionary,
  acks: wholeNumber,
  whenNoStandby: oneOf({ degrade: WhenNoStandby.DEGRADE, block: WhenNoStandby.BLOCK }),
  zoneName: text,
  createGatewayEndpoints: flag,
  removalPolicy: oneOf({
    retain: RemovalPolicy.RETAIN,
    snapshot: RemovalPolicy.SNAPSHOT,
    destroy: RemovalPolicy.DESTROY,
  }),
  deletionProtection: flag,
  logRetentionDays: oneOf<RetentionDays>(
    Object.fromEntries(
      Object.entries(RetentionDays)
        .filter((entry): entry is [string, RetentionDays] => typeof entry[1] === 'number')
        .map(([, days]) => [String(days), days]),
    ),
  ),
} satisfies Record<string, Parser<unknown>>;

type Context = { readonly [Name in keyof typeof CONTEXT]?: ReturnType<(typeof CONTEXT)[Name]> };

/** Where the CDK CLI's credentials lead; nowhere without any. */
export interface SurroundingEnvironment {
  readonly account: string | undefined;
  readonly region: string | undefined;
}

/**
 * Reads the app's context.
 *
 * @throws ContextError naming the value and what is allowed, also for a name that the app does not know
 */
export function appConfig(app: App, environment: SurroundingEnvironment): AppConfig {
  const context = readContext(app);
  const { stackName, account, region, vpcId, vpcCidr, natGateways, availabilityZones } = context;
  if (vpcId !== undefined && (vpcCidr ?? natGateways ?? availabilityZones) !== undefined) {
    throw new ContextError(
      'vpcId',
      vpcId,
      'nothing together with vpcCidr, natGateways or availabilityZones, which describe a new VPC',
    );
  }
  // A lookup needs to know where; anything else is left to the deployment.
  const env =
    vpcId === undefined
      ? { account, region }
      : { account: account ?? environment.account, region: region ?? environment.region };
  return given({
    stackName: stackName ?? 'Holdfast',
    env: env.account === undefined && env.region === undefined ? undefined : given(env),
    vpcId,
    vpcCidr,
    natGateways,
    availabilityZones,
    cluster: given({
      vpcSubnets: subnets(context),
      slots: context.slots,
      instanceType: context.instanceType,
      machineImageVersion: context.machineImageVersion,
      machineImage: context.machineImageParameter,
      storageSize: context.storageSizeGiB,
      maxStorageSize: context.maxStorageSizeGiB,
      storageThroughput: context.storageThroughput,
      storageIops: context.storageIops,
      version: context.postgresVersion,
      databaseName: context.databaseName,
      masterUsername: context.masterUsername,
      extensions: context.extensions,
      parameters: context.parameters,
      acks: context.acks,
      whenNoStandby: context.whenNoStandby,
      zoneName: context.zoneName,
      createGatewayEndpoints: context.createGatewayEndpoints,
      removalPolicy: context.removalPolicy,
      deletionProtection: context.deletionProtection,
      logRetention: context.logRetentionDays,
    }),
  });
}

function readContext(app: App): Context {
  // Names with a colon are CDK's own: flags and looked-up values.
  const all = Object.entries(app.node.getAllContext() as Record<string, unknown>).filter(
    ([name]) => !name.includes(':'),
  );
  const known: Record<string, Parser<unknown>> = CONTEXT;
  return Object.fromEntries(
    all.map(([name, value]) => {
      const parser = known[name];
      if (parser === undefined) {
        throw new ContextError(name, value, `no such name, but ${Object.keys(CONTEXT).join(', ')}`);
      }
      return [name, parser(name, value)];
    }),
  );
}

function subnets({ subnetGroupName, subnetIds }: Context): SubnetSelection | undefined {
  if (subnetGroupName !== undefined && subnetIds !== undefined) {
    throw new ContextError('subnetIds', subnetIds, 'either subnetIds or subnetGroupName');
  }
  if (subnetIds !== undefined) {
    return { subnetFilters: [SubnetFilter.byIds(subnetIds)] };
  }
  return subnetGroupName === undefined ? undefined : { subnetGroupName };
}

function parsed<A, B>(parser: Parser<A>, meaning: (value: A) => B): Parser<B> {
  return (name, value) => meaning(parser(name, value));
}

/** Without the properties that are undefined, which is not the same as absent. */
function given<T extends object>(
  properties: T,
): { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
} {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof given<T>
  >;
}
