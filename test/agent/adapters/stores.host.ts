import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { clientSettings } from '../../../agent/adapters/aws';
import { ParameterStore } from '../../../agent/adapters/parameter-store';
import { SecretsManager } from '../../../agent/adapters/secrets-manager';
import { MOTO_PACKAGES } from '../../../lab/aws/moto/packages';
import { type MotoServer, startMoto } from '../../../lab/aws/moto/server';
import { Images } from '../../../lab/host/images';
import { layout } from '../../../lab/host/layout';

/** The adapters with the SDK's own clients, over HTTP, against moto. */
jest.setTimeout(120_000);

let moto: MotoServer;
const access = () => ({
  ...clientSettings('eu-west-1'),
  endpoint: moto.url,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});

beforeAll(async () => {
  const image = await new Images(layout().imageDirectory, undefined).ensure(
    { name: 'moto', packages: MOTO_PACKAGES },
    () => undefined,
  );
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  moto = await startMoto(image, port, '123456789012');
});

afterAll(async () => {
  await moto.close();
});

describe('secrets', () => {
  test('give each version that was ever put, and the current one', async () => {
    await new SecretsManagerClient(access()).send(
      new CreateSecretCommand({ Name: 'ca', SecretString: 'the generated placeholder' }),
    );
    const secrets = new SecretsManager(access());
    const versions = [];
    for (const key of ['one', 'two', 'three', 'four']) versions.push(await secrets.put('ca', key, `holdfast-${key}`));
    expect(await secrets.get('ca')).toBe('four');
    const kept = await Promise.all(versions.map((version) => secrets.get('ca', version)));
    expect(kept).toEqual(['one', 'two', 'three', 'four']);
  });

  test('that are not there are an error that names the call', async () => {
    await expect(new SecretsManager(access()).get('missing')).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
      message: expect.stringContaining('GetSecretValue'),
    });
  });
});

describe('parameters', () => {
  test('keep their type when their value is replaced', async () => {
    await new SSMClient(access()).send(
      new PutParameterCommand({ Name: 'CaCertificate', Type: 'String', Value: 'pending' }),
    );
    const parameters = new ParameterStore(access());
    expect(await parameters.get('CaCertificate')).toBe('pending');
    await parameters.put('CaCertificate', '-----BEGIN CERTIFICATE-----');
    expect(await parameters.get('CaCertificate')).toBe('-----BEGIN CERTIFICATE-----');
  });

  test('that are not there are an error that names the call', async () => {
    await expect(new ParameterStore(access()).get('missing')).rejects.toThrow('GetParameter: ParameterNotFound');
  });
});
