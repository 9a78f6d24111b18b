import { describe, expect, test } from '@jest/globals';
import { parseNodeConfig, slotName } from '../../agent/config';
import { parseSlot } from '../../core/member';

const config = {
  cluster: 'shop',
  slot: 'b',
  region: 'eu-west-1',
  volumeId: 'vol-0123456789abcdef0',
  registerTable: 'Register',
  hostedZoneId: 'Z0123456789',
  zoneName: 'shop.holdfast.internal',
  settingsParameter: 'Settings',
  caCertificateParameter: 'CaCertificate',
  caSecretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:ca',
  masterSecretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:master',
  monitorSecretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:monitor',
};
const parse = (change: Record<string, unknown>) => parseNodeConfig(JSON.stringify({ ...config, ...change }));

describe("a node's configuration", () => {
  test('is what user data wrote', () => {
    expect(parse({})).toEqual(config);
    expect(slotName(parse({}), parseSlot('c'))).toBe('c.shop.holdfast.internal');
  });

  test('says whom to tell that it is ready, when somebody waits', () => {
    const signal = { stackId: 'arn:aws:cloudformation:eu-west-1:111122223333:stack/Shop/1', resource: 'GroupB' };
    expect(parse({ signal }).signal).toEqual(signal);
  });

  test.each([
    ['slot', 'B', /"B" is not a slot\. Slots are named by one letter[\s\S]*at slot/],
    ['volumeId', 'vol-1; rm', /expected an EBS volume id[\s\S]*at volumeId/],
    ['registerTable', '', /at registerTable/],
    ['caSecretArn', undefined, /at caSecretArn/],
  ])('a wrong %s is named', (field, value, message) => {
    expect(() => parse({ [field]: value })).toThrow(message);
  });

  test('a file that was cut off is named', () => {
    expect(() => parseNodeConfig('{ "cluster": "sh')).toThrow('/etc/holdfast/node.json is not usable');
  });
});
