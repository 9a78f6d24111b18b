import { describe, expect, test } from '@jest/globals';
import { RemovalPolicy } from 'aws-cdk-lib';
import { TABLE } from '../../core/names';
import { clusterTemplate, plainTemplate, resource } from './support';

const register = (template = plainTemplate()) => resource(template, 'AWS::DynamoDB::Table', /Register/);

describe('the register', () => {
  test('has the keys that its clients use', () => {
    expect(register().Properties).toMatchObject({
      KeySchema: [
        { AttributeName: TABLE.partitionKey, KeyType: 'HASH' },
        { AttributeName: TABLE.sortKey, KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: TABLE.partitionKey, AttributeType: 'S' },
        { AttributeName: TABLE.sortKey, AttributeType: 'S' },
      ],
    });
  });

  test('is paid on demand, protected from deletion and can be restored to any second', () => {
    expect(register().Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
  });

  test('is plainly retained: a rollback fails on a table that is protected and not retained', () => {
    expect(register()).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  test('stays when the volumes are only snapshotted', () => {
    expect(register(clusterTemplate({ removalPolicy: RemovalPolicy.SNAPSHOT }))).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: { DeletionProtectionEnabled: true },
    });
  });

  test('goes with a cluster that is to be destroyed', () => {
    expect(register(clusterTemplate({ removalPolicy: RemovalPolicy.DESTROY }))).toMatchObject({
      DeletionPolicy: 'Delete',
      Properties: { DeletionProtectionEnabled: false },
    });
  });

  test('can be unprotected and retained', () => {
    expect(register(clusterTemplate({ deletionProtection: false }))).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: { DeletionProtectionEnabled: false },
    });
  });

  test('that is protected can not be one that goes with the cluster', () => {
    expect(() => clusterTemplate({ removalPolicy: RemovalPolicy.DESTROY, deletionProtection: true })).toThrow(
      'PostgresCluster: deletionProtection is true; allowed: false with removalPolicy DESTROY: a protected table can not be deleted',
    );
  });

  test.each([RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE])('removal policy %s is an error', (removalPolicy) => {
    expect(() => clusterTemplate({ removalPolicy })).toThrow(
      `PostgresCluster: removalPolicy is "${removalPolicy}"; allowed: retain, snapshot or destroy`,
    );
  });
});
