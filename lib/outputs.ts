import { CfnOutput } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { HoldfastPropError } from './prop-error';

/**
 * What an application's configuration needs, by the names that `cdk deploy --outputs-file` writes, and where `holdfast`
 * finds what it works on. No output is a secret.
 */
export interface ClusterOutputs {
  readonly WriterEndpoint: string;
  readonly ReaderEndpoint: string;
  readonly Dsn: string;
  readonly Port: string;
  readonly DatabaseName: string;
  readonly SecretArn: string;
  readonly CaCertificateParameterName: string;
  readonly ClientSecurityGroupId: string;
  readonly ClusterName: string;
  readonly Slots: string;
  readonly RegisterTableName: string;
  readonly HealthCheckerLogGroupName: string;
  readonly NodeLogGroupName: string;
}

const DESCRIPTION: Readonly<Record<keyof ClusterOutputs, string>> = {
  WriterEndpoint: 'The primary',
  ReaderEndpoint: 'The standbys that keep up',
  Dsn: 'All slots, first that accepts writes; user and password stand in the secret',
  Port: 'Port of every endpoint',
  DatabaseName: 'The database that was made at first',
  SecretArn: 'Secret with username, password, host, port, engine, dbname',
  CaCertificateParameterName: "SSM parameter with the CA's certificate for sslmode=verify-full",
  ClientSecurityGroupId: 'Security group that lets its members connect',
  ClusterName: 'The name in tags and logs',
  Slots: 'Names of the slots',
  RegisterTableName: 'DynamoDB table that says who is primary; read by the command line',
  HealthCheckerLogGroupName: 'What the health checker says; read by the command line',
  NodeLogGroupName: "Copies of the nodes' journals; read by the command line",
};

/** Outputs with readable names: CDK's own would end in a hash that an application's configuration would have to repeat. */
export function addOutputs(scope: Construct, prefix: string, outputs: ClusterOutputs): void {
  if (!/^([A-Za-z][A-Za-z0-9]*)?$/.test(prefix)) {
    throw new HoldfastPropError('outputPrefix', prefix, 'nothing, or a letter followed by letters and digits');
  }
  for (const name of Object.keys(DESCRIPTION) as (keyof ClusterOutputs)[]) {
    const output = new CfnOutput(scope, `Output${name}`, { value: outputs[name], description: DESCRIPTION[name] });
    output.overrideLogicalId(`${prefix}${name}`);
  }
}
