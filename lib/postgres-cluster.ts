import { RemovalPolicy } from 'aws-cdk-lib';
import { Connections, Port } from 'aws-cdk-lib/aws-ec2';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { IStringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { PORT } from '../core/names';
import { clusterNameOf } from './cluster-name';
import { Credentials } from './credentials';
import { Endpoint } from './endpoint';
import { Endpoints } from './endpoints';
import { endpointsOf, ensureGatewayEndpoints } from './gateway-endpoints';
import { HealthChecker } from './health-checker';
import type { PostgresClusterAttributes } from './imported-postgres-cluster';
import { ImportedPostgresCluster } from './imported-postgres-cluster';
import { machineOf } from './machine-image';
import { nodeBundle } from './node-bundle';
import { NodeSlot } from './node-slot';
import type { OperatedCluster } from './operator-grant';
import { grantOperator } from './operator-grant';
import { addOutputs } from './outputs';
import type { PostgresClusterProps } from './postgres-cluster-props';
import type { IPostgresCluster } from './postgres-cluster-ref';
import { PostgresClusterBase } from './postgres-cluster-ref';
import { RegisterTable } from './register-table';
import { retentionOf } from './retention';
import { SecurityGroups } from './security-groups';
import { settingsOf } from './settings';
import { slotNames } from './slot-names';
import { slotSubnets } from './slot-subnets';
import { storageOf } from './storage';
import { zoneNameOf } from './zone-name';

/**
 * PostgreSQL with PostGIS on EC2 instances of your own, that survives the loss of a process, a machine, a disk or a zone
 * by itself and loses no acknowledged commit.
 *
 *     new PostgresCluster(this, 'Db', { vpc });
 */
export class PostgresCluster extends PostgresClusterBase {
  /** A cluster that another stack made. */
  public static fromPostgresClusterAttributes(
    scope: Construct,
    id: string,
    attrs: PostgresClusterAttributes,
  ): IPostgresCluster {
    return new ImportedPostgresCluster(scope, id, attrs);
  }

  public readonly connections: Connections;
  public readonly writerEndpoint: Endpoint;
  public readonly readerEndpoint: Endpoint;
  public readonly slotEndpoints: readonly Endpoint[];
  public readonly databaseName: string;
  public readonly secret: ISecret;
  public readonly caCertificate: IStringParameter;
  public readonly clientSecurityGroup: ISecurityGroup;
  /** The name in tags and logs: stack name and construct path. */
  public readonly clusterName: string;
  /** The slots' groups, volumes and the like, in order. */
  public readonly slots: readonly NodeSlot[];
  /** The Lambda that probes, judges and moves endpoints. */
  public readonly healthChecker: HealthChecker;
  private readonly operated: OperatedCluster;

  public constructor(scope: Construct, id: string, props: PostgresClusterProps) {
    super(scope, id);
    const vpc = props.vpc as IVpc;
    // Everything is checked before anything is made, so that an error comes alone.
    const slots = slotNames(props.slots ?? 3);
    const subnets = slotSubnets(vpc, props.vpcSubnets, slots.length);
    const settings = settingsOf(props, slots);
    const storage = storageOf(props);
    const machine = machineOf(props);
    this.clusterName = clusterNameOf(this);
    const zoneName = zoneNameOf(props.zoneName, this.clusterName);
    const retention = retentionOf(props);

    ensureGatewayEndpoints(this, vpc, props.createGatewayEndpoints);
    const securityGroups = new SecurityGroups(this, 'SecurityGroups', vpc);
    const register = new RegisterTable(this, 'Register', {
      deletionProtection: retention.deletionProtection,
      removalPolicy: retention.others,
    });
    const endpoints = new Endpoints(this, 'Endpoints', { vpc, zoneName });
    const credentials = new Credentials(this, 'Credentials', {
      masterUsername: settings.masterUsername,
      databaseName: settings.databaseName,
      host: endpoints.writer,
      removalPolicy: retention.others,
    });
    const settingsParameter = new StringParameter(this, 'Settings', {
      description: 'Holdfast: what the owner of the cluster chose',
      stringValue: JSON.stringify(settings),
    });
    const logRetention = props.logRetention ?? RetentionDays.THREE_MONTHS;
    const nodeLog = new LogGroup(this, 'NodeLog', { retention: logRetention, removalPolicy: RemovalPolicy.DESTROY });
    const shared = {
      clusterName: this.clusterName,
      vpc,
      slots,
      register,
      endpoints,
      credentials,
      securityGroups,
      settingsParameterName: settingsParameter.parameterName,
      settingsParameterArn: settingsParameter.parameterArn,
    };

    const bundle = nodeBundle(this, 'NodeBundle');
    const vpcEndpoints = endpointsOf(vpc);
    this.slots = slots.map((slot, index) => {
      const node = new NodeSlot(this, `Slot${slot.toUpperCase()}`, {
        ...shared,
        slot,
        subnet: subnetAt(subnets, index),
        machine,
        storage,
        volumeRemovalPolicy: retention.volumes,
        bundle,
        logGroup: nodeLog,
      });
      node.group.node.addDependency(vpcEndpoints);
      return node;
    });
    // One group after the other: an update of all groups at once would take every node away. The first slot comes last,
    // since the first primary is made there: as long as it is there, a roll takes standbys first and moves the role once.
    this.slots.forEach((node, index) => {
      const before = this.slots[index + 1];
      if (before) {
        node.group.node.addDependency(before.group);
      }
    });
    this.healthChecker = new HealthChecker(this, 'HealthChecker', {
      ...shared,
      subnets: [...subnets],
      logRetention,
    });

    this.operated = { register, logGroups: [this.healthChecker.logGroup, nodeLog] };

    this.connections = new Connections({
      securityGroups: [securityGroups.nodes],
      defaultPort: Port.tcp(PORT.client),
    });
    this.writerEndpoint = new Endpoint(endpoints.writer, PORT.client);
    this.readerEndpoint = new Endpoint(endpoints.reader, PORT.client);
    this.slotEndpoints = slots.map((slot) => new Endpoint(endpoints.slotName(slot), PORT.client));
    this.databaseName = settings.databaseName;
    this.secret = credentials.master;
    this.caCertificate = credentials.caCertificate;
    this.clientSecurityGroup = securityGroups.client;
    addOutputs(this, props.outputPrefix ?? id.replace(/[^A-Za-z0-9]/g, ''), {
      WriterEndpoint: this.writerEndpoint.hostname,
      ReaderEndpoint: this.readerEndpoint.hostname,
      Dsn: this.dsn,
      Port: String(PORT.client),
      DatabaseName: this.databaseName,
      SecretArn: this.secret.secretArn,
      CaCertificateParameterName: this.caCertificate.parameterName,
      ClientSecurityGroupId: this.clientSecurityGroup.securityGroupId,
      ClusterName: this.clusterName,
      Slots: slots.join(','),
      RegisterTableName: register.tableName,
      HealthCheckerLogGroupName: this.healthChecker.logGroup.logGroupName,
      NodeLogGroupName: nodeLog.logGroupName,
    });
  }

  /**
   * May do what `holdfast` does: find this cluster, see its state and its logs, switch over, pause and resume automatic
   * failover, accept the loss of data. Not: reach a node, or read a password.
   */
  public grantOperator(grantee: IGrantable): void {
    grantOperator(grantee, this.operated);
  }
}

function subnetAt<T>(subnets: readonly T[], index: number): T {
  const subnet = subnets[index];
  if (subnet === undefined) {
    throw new Error(`No subnet was chosen for slot ${index}.`);
  }
  return subnet;
}
