import { AssetHashType, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { ISubnet, IVpc } from 'aws-cdk-lib/aws-ec2';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFn, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { HEALTH_CHECKER_ENV, TABLE, TAG } from '../core/names';
import { withBundleDirectory } from './bundling';
import type { Credentials } from './credentials';
import type { Endpoints } from './endpoints';
import type { RegisterTable } from './register-table';
import type { SecurityGroups } from './security-groups';

/** The handler with its AWS SDK: what runs is what was tested, not what the runtime happens to carry. */
const PROGRAM = { entry: 'lambda/health-checker/index.ts', outfile: 'index.js', target: 'node24' };

/** An event that waited longer than this belongs to a minute that has its own. */
const MAX_EVENT_AGE = Duration.seconds(60);

export interface HealthCheckerProps {
  readonly clusterName: string;
  readonly vpc: IVpc;
  readonly subnets: ISubnet[];
  readonly slots: readonly string[];
  readonly register: RegisterTable;
  readonly endpoints: Endpoints;
  readonly credentials: Credentials;
  readonly securityGroups: SecurityGroups;
  readonly settingsParameterName: string;
  readonly settingsParameterArn: string;
  readonly logRetention: RetentionDays;
}

/**
 * The Lambda that probes, judges and moves endpoints. Each invocation loops until it sees a newer one's beat, 170 s at
 * most: starts of a one-minute schedule can lie almost two minutes apart. No concurrency is reserved: that fails on new
 * accounts, and several coordinators are safe.
 */
export class HealthChecker extends Construct {
  public readonly handler: LambdaFn;
  public readonly logGroup: LogGroup;

  public constructor(scope: Construct, id: string, props: HealthCheckerProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Log', {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.logGroup = logGroup;
    const role = this.role(props, logGroup);
    this.handler = withBundleDirectory(
      PROGRAM,
      {},
      ({ path, digest }) =>
        new LambdaFn(this, 'Handler', {
          description: `Holdfast: health checker of ${props.clusterName}`,
          code: Code.fromAsset(path, { assetHash: digest, assetHashType: AssetHashType.CUSTOM }),
          handler: 'index.handler',
          runtime: Runtime.NODEJS_24_X,
          architecture: Architecture.ARM_64,
          memorySize: 256,
          timeout: Duration.seconds(180),
          role,
          logGroup,
          vpc: props.vpc,
          vpcSubnets: { subnets: props.subnets },
          securityGroups: [props.securityGroups.healthChecker],
          retryAttempts: 0,
          maxEventAge: MAX_EVENT_AGE,
          environment: environmentOf(props),
        }),
    );
    new Rule(this, 'EveryMinute', {
      description: `Holdfast: starts the health checker of ${props.clusterName}`,
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(this.handler, { retryAttempts: 0, maxEventAge: MAX_EVENT_AGE })],
    });
  }

  private role(props: HealthCheckerProps, logGroup: LogGroup): Role {
    const stack = Stack.of(this);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: 'Holdfast: health checker',
    });
    const allow = (actions: string[], resources: string[], conditions?: Record<string, Record<string, string>>) =>
      role.addToPolicy(new PolicyStatement({ actions, resources, ...(conditions && { conditions }) }));

    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
    // Lambda itself joins the VPC with the function's role; these calls know no resources.
    allow(
      [
        'ec2:CreateNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets',
        'ec2:DeleteNetworkInterface',
        'ec2:AssignPrivateIpAddresses',
        'ec2:UnassignPrivateIpAddresses',
      ],
      ['*'],
    );
    allow(
      [
        'ec2:DescribeInstances',
        'ec2:DescribeInstanceStatus',
        'autoscaling:DescribeAutoScalingGroups',
        'autoscaling:DescribeLifecycleHooks',
      ],
      ['*'],
    );
    // For a node that it has convicted: nobody else completes the hook of a dead host.
    allow(
      ['autoscaling:CompleteLifecycleAction'],
      [stack.formatArn({ service: 'autoscaling', resource: 'autoScalingGroup:*:autoScalingGroupName/*' })],
      { StringEquals: { [`autoscaling:ResourceTag/${TAG.cluster}`]: props.clusterName } },
    );
    props.register.grantRead(role);
    props.register.grantWrite(role, [TABLE.clusterPartition, TABLE.coordinatorPartition]);
    props.endpoints.grantMoveEndpoints(role);
    allow(['secretsmanager:GetSecretValue'], [props.credentials.monitor.secretArn]);
    allow(['ssm:GetParameter'], [props.settingsParameterArn]);
    return role;
  }
}

function environmentOf(props: HealthCheckerProps): Record<string, string> {
  return {
    [HEALTH_CHECKER_ENV.cluster]: props.clusterName,
    [HEALTH_CHECKER_ENV.registerTable]: props.register.tableName,
    [HEALTH_CHECKER_ENV.hostedZoneId]: props.endpoints.hostedZoneId,
    [HEALTH_CHECKER_ENV.zoneName]: props.endpoints.zoneName,
    [HEALTH_CHECKER_ENV.slots]: props.slots.join(','),
    [HEALTH_CHECKER_ENV.monitorSecretArn]: props.credentials.monitor.secretArn,
    [HEALTH_CHECKER_ENV.settingsParameter]: props.settingsParameterName,
  };
}
