/**
 * A connection pool from what `cdk deploy --outputs-file outputs.json` wrote.
 *
 * The role that runs the application needs `db.grantConnect(role)`, its network `db.clientSecurityGroup`.
 */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { readFileSync } from 'node:fs';
import type { PoolConfig } from 'pg';
import { Pool } from 'pg';

/** The outputs that a connection needs. A stack of your own has the construct's id before each name: `DbWriterEndpoint`. */
export interface Outputs {
  readonly WriterEndpoint: string;
  readonly ReaderEndpoint: string;
  readonly Port: string;
  readonly DatabaseName: string;
  readonly SecretArn: string;
  readonly CaCertificateParameterName: string;
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

export function readOutputs(path: string, stack = 'Holdfast'): Outputs {
  const stacks = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Outputs>;
  const outputs = stacks[stack];
  if (outputs === undefined) {
    throw new Error(`${path} has no stack ${stack}, but ${Object.keys(stacks).join(', ')}.`);
  }
  return outputs;
}

/** pg knows one host for each pool: the writer, which follows the primary, or the reader. */
export function poolConfig(
  outputs: Outputs,
  login: Login,
  ca: string,
  endpoint: 'writer' | 'reader' = 'writer',
): PoolConfig {
  return {
    host: endpoint === 'writer' ? outputs.WriterEndpoint : outputs.ReaderEndpoint,
    port: Number(outputs.Port),
    database: outputs.DatabaseName,
    user: login.username,
    password: login.password,
    // Checks the certificate's chain and the host's name.
    ssl: { ca },
    connectionTimeoutMillis: 2_000,
    // A host that vanished answers nothing: without a limit a query on it waits for many minutes.
    query_timeout: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 60_000,
  };
}

export async function openPool(path = 'outputs.json'): Promise<Pool> {
  const outputs = readOutputs(path);
  const { SecretString } = await new SecretsManagerClient().send(
    new GetSecretValueCommand({ SecretId: outputs.SecretArn }),
  );
  const { Parameter } = await new SSMClient().send(
    new GetParameterCommand({ Name: outputs.CaCertificateParameterName }),
  );
  if (SecretString === undefined || Parameter?.Value === undefined) {
    throw new Error(`${outputs.SecretArn} or ${outputs.CaCertificateParameterName} is empty.`);
  }
  const pool = new Pool(poolConfig(outputs, JSON.parse(SecretString) as Login, Parameter.Value));
  // A failover breaks idle connections. The pool drops them; without a listener Node would end the program.
  pool.on('error', (error) => console.warn(`An idle connection broke: ${error.message}`));
  return pool;
}
