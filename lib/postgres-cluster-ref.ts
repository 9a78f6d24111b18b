import type { IResource } from 'aws-cdk-lib';
import { Resource } from 'aws-cdk-lib';
import type { Connections, IConnectable, ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IStringParameter } from 'aws-cdk-lib/aws-ssm';
import { multiHostDsn } from './dsn';
import type { Endpoint } from './endpoint';

/** A Holdfast cluster, made here or elsewhere. */
export interface IPostgresCluster extends IResource, IConnectable {
  /** The primary, by the record that is moved after a failover. */
  readonly writerEndpoint: Endpoint;
  /** The standbys within the lag limit. Not snapshot-isolated with the primary. */
  readonly readerEndpoint: Endpoint;
  /** Each slot's node, whatever its role. */
  readonly slotEndpoints: readonly Endpoint[];
  /** The database that was made at first. */
  readonly databaseName: string;
  /** Connection string over all slots: no user, no password. Follows a failover without DNS. */
  readonly dsn: string;
  /** Attached to an application, it lets the application connect. */
  readonly clientSecurityGroup: ISecurityGroup;
  /** For applications: username, password, host, port, engine, dbname. */
  readonly secret: ISecret;
  /** The certificate of the cluster's CA (PEM), which `sslmode=verify-full` needs. */
  readonly caCertificate: IStringParameter;

  /** May read what a connection needs: the secret and the CA's certificate. The network is opened by `connections` or `clientSecurityGroup`. */
  grantConnect(grantee: IGrantable): Grant;
  /** May read the application's secret. */
  grantReadSecret(grantee: IGrantable): Grant;
  /** May read the CA's certificate. */
  grantReadCaCertificate(grantee: IGrantable): Grant;
}

/** What a made and an imported cluster have in common. */
export abstract class PostgresClusterBase extends Resource implements IPostgresCluster {
  public abstract readonly connections: Connections;
  public abstract readonly writerEndpoint: Endpoint;
  public abstract readonly readerEndpoint: Endpoint;
  public abstract readonly slotEndpoints: readonly Endpoint[];
  public abstract readonly databaseName: string;
  public abstract readonly clientSecurityGroup: ISecurityGroup;
  public abstract readonly secret: ISecret;
  public abstract readonly caCertificate: IStringParameter;

  public get dsn(): string {
    return multiHostDsn(
      this.slotEndpoints.map(({ hostname }) => hostname),
      this.databaseName,
      this.writerEndpoint.port,
    );
  }

  public grantConnect(grantee: IGrantable): Grant {
    return this.grantReadSecret(grantee).combine(this.grantReadCaCertificate(grantee));
  }

  public grantReadSecret(grantee: IGrantable): Grant {
    return this.secret.grantRead(grantee);
  }

  public grantReadCaCertificate(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['ssm:GetParameter', 'ssm:GetParameters'],
      resourceArns: [this.caCertificate.parameterArn],
    });
  }
}
