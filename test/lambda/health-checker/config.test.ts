import { describe, expect, it } from '@jest/globals';
import { HEALTH_CHECKER_ENV } from '../../../core/names';
import { readConfig } from '../../../lambda/health-checker/config';

const variables = {
  [HEALTH_CHECKER_ENV.cluster]: 'shop',
  [HEALTH_CHECKER_ENV.registerTable]: 'table',
  [HEALTH_CHECKER_ENV.hostedZoneId]: 'Z1',
  [HEALTH_CHECKER_ENV.zoneName]: 'shop.internal',
  [HEALTH_CHECKER_ENV.slots]: 'a,b,c',
  [HEALTH_CHECKER_ENV.monitorSecretArn]: 'arn:secret',
};

describe("the health checker's environment", () => {
  it('is read whole', () => {
    expect(readConfig(variables)).toEqual({
      cluster: 'shop',
      registerTable: 'table',
      hostedZoneId: 'Z1',
      zoneName: 'shop.internal',
      slots: ['a', 'b', 'c'],
      monitorSecretArn: 'arn:secret',
    });
  });

  it('is an error that names every variable that is missing', () => {
    const some = { ...variables, HOLDFAST_CLUSTER: '', HOLDFAST_ZONE_NAME: undefined };
    expect(() => readConfig(some)).toThrow(/HOLDFAST_CLUSTER[\s\S]*HOLDFAST_ZONE_NAME/);
  });

  it('is an error that says how slots are named', () => {
    expect(() => readConfig({ ...variables, HOLDFAST_SLOTS: 'a,B' })).toThrow(/"B" is not a slot.*HOLDFAST_SLOTS/s);
  });
});
