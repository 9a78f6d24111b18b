import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Connections, Port } from 'aws-cdk-lib/aws-ec2';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IStringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { ENDPOINT, PORT } from '../core/names';
import { Endpoint } from './endpoint';
import { PostgresClusterBase } from './postgres-cluster-ref';
import { slotNames } from './slot-names';

/** What is known of a cluster that another stack made; its outputs name all of it. */
export interface PostgresClusterAttributes {
  /** Name of the private hosted zone. */
  readonly zoneName: string;
  /** The database that was made at first. */
  readonly databaseName: string;
  /** The application's secret. */
  readonly secret: ISecret;
  /** The CA's certificate. */
  readonly caCertificate: IStringParameter;
  /** The group whose members may connect. */
  readonly clientSecurityGroup: ISecurityGroup;
  /** The nodes' group. */
  readonly securityGroup: ISecurityGroup;
  /**
   * Data nodes: 1, 3 or 5.
   *
   * @default 3
   */
  readonly slots?: number;
}

/** A cluster that another stack made. */
export class ImportedPostgresCluster extends PostgresClusterBase {
  public readonly connections: Connections;
  public readonly writerEndpoint: Endpoint;
  public readonly readerEndpoint: Endpoint;
  public readonly slotEndpoints: readonly Endpoint[];
  public readonly databaseName: string;
  public readonly secret: ISecret;
  public readonly caCertificate: IStringParameter;
  public readonly clientSecurityGroup: ISecurityGroup;

  public constructor(scope: Construct, id: string, attrs: PostgresClusterAttributes) {
    super(scope, id);
    const endpoint = (name: string) => new Endpoint(`${name}.${attrs.zoneName}`, PORT.client);
    this.connections = new Connections({
      securityGroups: [attrs.securityGroup],
      defaultPort: Port.tcp(PORT.client),
    });
    this.writerEndpoint = endpoint(ENDPOINT.writer);
    this.readerEndpoint = endpoint(ENDPOINT.reader);
    this.slotEndpoints = slotNames(attrs.slots ?? 3).map(endpoint);
    this.databaseName = attrs.databaseName;
    this.secret = attrs.secret;
    this.caCertificate = attrs.caCertificate;
    this.clientSecurityGroup = attrs.clientSecurityGroup;
  }
}
