import type { RemovalPolicy } from 'aws-cdk-lib';
import type { ISecret, SecretStringGenerator } from 'aws-cdk-lib/aws-secretsmanager';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { PORT, ROLE } from '../core/names';

/** Long enough for SCRAM to be the weaker part; letters and digits only, so that it needs no escaping in a URL. */
const PASSWORD = { passwordLength: 40, excludePunctuation: true };

export interface CredentialsProps {
  readonly masterUsername: string;
  readonly databaseName: string;
  /** Host that stands in the application's secret. */
  readonly host: string;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * What has to be secret, and the cluster's CA. AWS makes the passwords; none is in the template.
 *
 * A changed template of a generated secret makes AWS generate a new value. Agents set the passwords that they find, so
 * that costs a reconnect; but nothing about the CA's secret may ever change here: its key would be overwritten.
 */
export class Credentials extends Construct {
  /** For applications: username, password, host, port, engine, dbname. */
  public readonly master: ISecret;
  /** For the health checker's probes. */
  public readonly monitor: ISecret;
  /** Private key of the cluster's CA. The agent that bootstraps the cluster puts it there; until then a random word. */
  public readonly caKey: ISecret;
  /** Certificate of the cluster's CA, PEM. The agent that bootstraps the cluster puts it there; until then `pending`. */
  public readonly caCertificate: StringParameter;

  public constructor(scope: Construct, id: string, props: CredentialsProps) {
    super(scope, id);
    const { removalPolicy } = props;
    this.master = this.generated('Master', removalPolicy, 'how applications connect', {
      generateStringKey: 'password',
      secretStringTemplate: JSON.stringify({
        username: props.masterUsername,
        host: props.host,
        port: PORT.client,
        engine: 'postgres',
        dbname: props.databaseName,
      }),
    });
    this.monitor = this.generated('Monitor', removalPolicy, 'how the health checker connects', {
      generateStringKey: 'password',
      secretStringTemplate: JSON.stringify({ username: ROLE.monitor }),
    });
    this.caKey = this.generated('CaKey', removalPolicy, "private key of the cluster's certificate authority");
    this.caCertificate = new StringParameter(this, 'CaCertificate', {
      description: "Holdfast: certificate of the cluster's certificate authority (PEM)",
      stringValue: 'pending',
    });
    this.caCertificate.applyRemovalPolicy(removalPolicy);
  }

  private generated(
    id: string,
    removalPolicy: RemovalPolicy,
    what: string,
    shape: SecretStringGenerator = {},
  ): ISecret {
    return new Secret(this, id, {
      description: `Holdfast: ${what}`,
      generateSecretString: { ...PASSWORD, ...shape },
      removalPolicy,
      // CDK's interface says "absent or given" where its class says "given or undefined"; this compiler tells them apart.
    }) as ISecret;
  }
}
