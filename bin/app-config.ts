import type { App, Environment, Size as SizeType } from 'aws-cdk-lib';
import { RemovalPolicy, Size } from 'aws-cdk-lib';
import type { IIpAddresses } from 'aws-cdk-lib/aws-ec2';
import { InstanceType, IpAddresses } from 'aws-cdk-lib/aws-ec2';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { PostgresClusterProps } from '../lib';
import { PostgresVersion, WhenNoStandby } from '../lib';
void (undefined as unknown as SizeType);
void [RetentionDays, Size, RemovalPolicy, InstanceType, IpAddresses, PostgresVersion, WhenNoStandby];

/** What the app makes, read from context. */
export interface AppConfig {
  readonly stackName: string;
  /** Only for a lookup: without it the template is the same in every account and region. */
  readonly env?: Environment;
  readonly vpcId?: string;
  readonly vpcCidr?: IIpAddresses;
  readonly natGateways?: number;
  readonly availabilityZones?: readonly string[];
  readonly slots?: number;
  readonly cluster: Omit<PostgresClusterProps, 'vpc' | 'outputPrefix'>;
}

export function appConfig(_app: App): AppConfig {
  return { stackName: 'Holdfast', cluster: {} };
}
