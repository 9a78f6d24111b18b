import type { App } from 'aws-cdk-lib';
import { CfnOutput, Fn, Stack, Validations } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { GatewayVpcEndpointAwsService, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { PostgresCluster } from '../lib';
import type { AppConfig } from './app-config';

/** Without account and region CDK knows two zones only. */
const ZONES_AT_LEAST = 3;

/** A VPC, or an existing one, and one cluster in it. */
export class HoldfastStack extends Stack {
  public readonly cluster: PostgresCluster;
  private readonly config: AppConfig;

  public constructor(app: App, config: AppConfig) {
    super(app, config.stackName, {
      description: 'Holdfast: PostgreSQL that survives the loss of a zone',
      ...(config.env && { env: config.env }),
    });
    this.config = config;
    this.cluster = new PostgresCluster(this, 'Db', { ...config.cluster, vpc: this.vpc(), outputPrefix: '' });
    // Attached to nobody: whose work it is differs from account to account.
    const operator = new ManagedPolicy(this, 'Operator', { description: 'Holdfast: for those who run `holdfast`' });
    this.cluster.grantOperator(operator);
    const output = new CfnOutput(this, 'OutputOperatorPolicyArn', {
      value: operator.managedPolicyArn,
      description: 'Policy for those who run the command line',
    });
    output.overrideLogicalId('OperatorPolicyArn');
  }

  /**
   * Zones by name when they are given. Else the region's first ones, which CloudFormation looks up at deploy: the template
   * is the same everywhere and needs no credentials to be made.
   */
  public override get availabilityZones(): string[] {
    const { availabilityZones, cluster } = this.config;
    if (availabilityZones) {
      return [...availabilityZones];
    }
    const count = Math.max(ZONES_AT_LEAST, cluster.slots ?? 0);
    return Array.from({ length: count }, (_, index) => Fn.select(index, Fn.getAzs()));
  }

  private vpc(): IVpc | Vpc {
    const { vpcId, vpcCidr, natGateways } = this.config;
    if (vpcId !== undefined) {
      return Vpc.fromLookup(this, 'Vpc', { vpcId });
    }
    const vpc = new Vpc(this, 'Vpc', {
      availabilityZones: this.availabilityZones,
      ...(vpcCidr !== undefined && { ipAddresses: vpcCidr }),
      ...(natGateways !== undefined && { natGateways }),
      subnetConfiguration: [
        { name: 'Public', subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
        { name: 'Private', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
      ],
      gatewayEndpoints: {
        DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
        S3: { service: GatewayVpcEndpointAwsService.S3 },
      },
      // CDK's way to empty the default group is a Lambda of its own; nothing here is in that group.
      restrictDefaultSecurityGroup: false,
    });
    Validations.of(vpc).acknowledge({
      id: 'CloudFormation-Validate::W3010',
      reason: 'Zones are named where the owner names them, so that a new zone of the region moves no subnet.',
    });
    return vpc;
  }
}
