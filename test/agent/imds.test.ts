import { describe, expect, test } from '@jest/globals';
import { Imds, MetadataUnavailable } from '../../agent/imds';
import { metadataService } from './support/metadata-service';

const service = metadataService();
const imds = (): Imds => new Imds({ url: service.url, timeoutMs: 2_000 });

describe('instance metadata', () => {
  test('tells who this instance is', async () => {
    expect(await imds().identity()).toEqual({
      instanceId: 'i-0123456789abcdef0',
      address: '10.0.1.7',
      zone: 'eu-west-1a',
    });
  });

  test('a value that is not there is undefined, not an error', async () => {
    expect(await imds().get('spot/instance-action')).toBeUndefined();
  });

  test('an old token is replaced', async () => {
    const client = imds();
    await client.get('instance-id');
    service.expireTokens();
    expect(await client.get('instance-id')).toBe('i-0123456789abcdef0');
  });

  test('an answer that is no answer is an error', async () => {
    service.values.set('local-ipv4', '');
    await expect(imds().identity()).rejects.toThrow(new MetadataUnavailable('local-ipv4 is not there.'));
    service.status = 503;
    await expect(imds().get('instance-id')).rejects.toBeInstanceOf(MetadataUnavailable);
  });

  test('nobody there, or nobody who answers, is an error', async () => {
    await expect(new Imds({ url: 'http://127.0.0.1:1' }).get('instance-id')).rejects.toBeInstanceOf(
      MetadataUnavailable,
    );
    service.isSilent = true;
    const impatient = new Imds({ url: service.url, timeoutMs: 50 });
    await expect(impatient.get('instance-id')).rejects.toThrow('did not answer');
  });
});
