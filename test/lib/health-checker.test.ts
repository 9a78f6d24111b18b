import { describe, expect, test } from '@jest/globals';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { HEALTH_CHECKER_ENV } from '../../core/names';
import { clusterTemplate, plainTemplate, resource, textOf } from './support';

const handler = () => resource(plainTemplate(), 'AWS::Lambda::Function', /HealthChecker/).Properties;

describe('the health checker', () => {
  test('runs on the newest long-term Node for ARM, longer than it loops', () => {
    expect(handler()).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize: 256,
      Timeout: 180,
      Handler: 'index.handler',
    });
  });

  test('reserves no concurrency, which fails on new accounts', () => {
    expect(handler()).not.toHaveProperty('ReservedConcurrentExecutions');
  });

  test('is started every minute', () => {
    expect(resource(plainTemplate(), 'AWS::Events::Rule', /HealthChecker/).Properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
    });
  });

  test('is never started late or twice: rule and function both give up at once', () => {
    const [target] = resource(plainTemplate(), 'AWS::Events::Rule', /HealthChecker/).Properties['Targets'] as unknown[];
    expect(target).toMatchObject({ RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 } });
    expect(resource(plainTemplate(), 'AWS::Lambda::EventInvokeConfig', /HealthChecker/).Properties).toMatchObject({
      Qualifier: '$LATEST',
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
    });
  });

  test('knows its cluster by exactly the names that the handler reads', () => {
    const { Variables } = handler()['Environment'] as { Variables: Record<string, unknown> };
    expect(Object.keys(Variables).sort()).toEqual(Object.values(HEALTH_CHECKER_ENV).sort());
    expect(Object.fromEntries(Object.entries(Variables).map(([name, value]) => [name, textOf(value)]))).toEqual({
      HOLDFAST_CLUSTER: 'test-db',
      HOLDFAST_REGISTER_TABLE: expect.stringMatching(/^<DbRegisterTable\w+>$/),
      HOLDFAST_HOSTED_ZONE_ID: expect.stringMatching(/^<DbEndpointsZone\w+>$/),
      HOLDFAST_ZONE_NAME: 'test-db.holdfast.internal',
      HOLDFAST_SLOTS: 'a,b,c',
      HOLDFAST_MONITOR_SECRET_ARN: expect.stringMatching(/^<DbCredentialsMonitor\w+>$/),
      HOLDFAST_SETTINGS_PARAMETER: expect.stringMatching(/^<DbSettings\w+>$/),
    });
  });

  test("lives in the nodes' subnets", () => {
    const { SubnetIds } = handler()['VpcConfig'] as { SubnetIds: unknown[] };
    expect(SubnetIds.map((id) => textOf(id))).toEqual([
      expect.stringMatching(/^<VpcPrivateSubnet1/),
      expect.stringMatching(/^<VpcPrivateSubnet2/),
      expect.stringMatching(/^<VpcPrivateSubnet3/),
    ]);
  });

  test('logs into a group of its own, which has an end', () => {
    expect(handler()['LoggingConfig']).toEqual({
      LogGroup: { Ref: expect.stringMatching(/^DbHealthCheckerLog/) },
    });
    expect(resource(plainTemplate(), 'AWS::Logs::LogGroup', /HealthChecker/)).toMatchObject({
      DeletionPolicy: 'Delete',
      Properties: { RetentionInDays: 90 },
    });
    const year = clusterTemplate({ logRetention: RetentionDays.ONE_YEAR });
    expect(resource(year, 'AWS::Logs::LogGroup', /HealthChecker/).Properties['RetentionInDays']).toBe(365);
  });
});
