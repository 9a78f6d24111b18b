import { describe, expect, test } from '@jest/globals';
import { clusterTemplate, plainTemplate, resource, resources } from './support';

interface Generated {
  readonly SecretStringTemplate?: string;
  readonly GenerateStringKey?: string;
  readonly PasswordLength: number;
  readonly ExcludePunctuation: boolean;
}

function generated(id: RegExp, template = plainTemplate()): Generated {
  return resource(template, 'AWS::SecretsManager::Secret', id).Properties['GenerateSecretString'] as Generated;
}

test('every secret is made by AWS, and none stands in the template', () => {
  const secrets = Object.values(resources(plainTemplate(), 'AWS::SecretsManager::Secret'));
  expect(secrets).toHaveLength(3);
  for (const secret of secrets) {
    expect(secret.Properties).not.toHaveProperty('SecretString');
    expect(secret.Properties['GenerateSecretString']).toMatchObject({ PasswordLength: 40, ExcludePunctuation: true });
    expect(secret).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  }
});

describe("the application's secret", () => {
  test('has what a connection needs', () => {
    const { SecretStringTemplate, GenerateStringKey } = generated(/Master/);
    expect(GenerateStringKey).toBe('password');
    expect(JSON.parse(SecretStringTemplate ?? '')).toEqual({
      username: 'app',
      host: 'writer.test-db.holdfast.internal',
      port: 5432,
      engine: 'postgres',
      dbname: 'app',
    });
  });

  test('has the chosen names', () => {
    const template = clusterTemplate({ databaseName: 'shop', masterUsername: 'owner', zoneName: 'db.example.com' });
    expect(JSON.parse(generated(/Master/, template).SecretStringTemplate ?? '')).toMatchObject({
      username: 'owner',
      dbname: 'shop',
      host: 'writer.db.example.com',
    });
  });

  test('is not attached: AWS attaches secrets to databases of its own only', () => {
    plainTemplate().resourceCountIs('AWS::SecretsManager::SecretTargetAttachment', 0);
  });
});

test("the health checker's secret has its user", () => {
  expect(JSON.parse(generated(/Monitor/).SecretStringTemplate ?? '')).toEqual({ username: 'holdfast_monitor' });
});

test("the CA's key is a random word until the cluster makes one; nothing of it depends on a choice, since a change would overwrite the key", () => {
  const template = clusterTemplate({
    databaseName: 'shop',
    masterUsername: 'owner',
    zoneName: 'db.example.com',
    acks: 2,
  });
  expect(generated(/CaKey/, template)).toEqual({ PasswordLength: 40, ExcludePunctuation: true });
  expect(generated(/CaKey/)).toEqual(generated(/CaKey/, template));
});

test("the CA's certificate is a parameter that the cluster fills in", () => {
  expect(resource(plainTemplate(), 'AWS::SSM::Parameter', /CaCertificate/)).toMatchObject({
    DeletionPolicy: 'Retain',
    Properties: { Type: 'String', Value: 'pending' },
  });
});

test('the settings are a parameter, so that a changed one replaces no node', () => {
  const before = resource(plainTemplate(), 'AWS::EC2::LaunchTemplate', /SlotA/);
  const changed = clusterTemplate({ parameters: { work_mem: '64MB' }, extensions: ['postgis', 'pg_trgm'], acks: 2 });
  expect(JSON.parse(resource(changed, 'AWS::SSM::Parameter', /Settings/).Properties['Value'] as string)).toEqual({
    slots: ['a', 'b', 'c'],
    databaseName: 'app',
    masterUsername: 'app',
    extensions: ['postgis', 'pg_trgm'],
    parameters: { work_mem: '64MB' },
    acks: 2,
    whenNoStandby: 'degrade',
    postgresVersion: '17',
  });
  expect(resource(changed, 'AWS::EC2::LaunchTemplate', /SlotA/)).toEqual(before);
});
