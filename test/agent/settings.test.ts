import { describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ParameterApi, SettingsSource } from '../../agent/settings';
import { temporaryDirectory } from './support/directory';

const directory = temporaryDirectory();
const settings = {
  slots: ['a', 'b', 'c'],
  databaseName: 'app',
  masterUsername: 'app_owner',
  extensions: ['postgis'],
  parameters: { work_mem: '16MB' },
  acks: 1,
  whenNoStandby: 'degrade',
  postgresVersion: '17',
};

/** A parameter store that holds one text, or does not answer. */
class OneParameter implements ParameterApi {
  text: string | undefined = JSON.stringify(settings);
  get(): Promise<string> {
    return this.text === undefined ? Promise.reject(new Error('no answer')) : Promise.resolve(this.text);
  }
  put(): Promise<void> {
    return Promise.reject(new Error('An agent never writes the settings.'));
  }
}

function source(api: ParameterApi): SettingsSource {
  return new SettingsSource(api, 'Settings', join(directory.path, 'settings.json'));
}

describe('the settings', () => {
  test('are read, kept on the volume, and found there by the next agent while the store is silent', async () => {
    const api = new OneParameter();
    expect(await source(api).refresh()).toEqual({ settings, changed: true });
    api.text = undefined;
    const next = source(api);
    expect(next.current()).toBeUndefined();
    expect(await next.recall()).toEqual(settings);
    await expect(next.refresh()).rejects.toThrow('no answer');
    expect(next.current()).toEqual(settings);
  });

  test('say when they have changed', async () => {
    const api = new OneParameter();
    const read = source(api);
    await read.refresh();
    expect(await read.refresh()).toMatchObject({ changed: false });
    api.text = JSON.stringify({ ...settings, parameters: {} });
    expect(await read.refresh()).toMatchObject({ changed: true, settings: { parameters: {} } });
  });

  test('wrong ones replace neither the current nor the kept ones', async () => {
    const api = new OneParameter();
    const read = source(api);
    await read.refresh();
    api.text = JSON.stringify({ ...settings, acks: -1 });
    await expect(read.refresh()).rejects.toThrow('acks');
    expect(read.current()).toEqual(settings);
    expect(JSON.parse(await readFile(join(directory.path, 'settings.json'), 'utf8'))).toEqual(settings);
  });

  test('there are none before the first read', async () => {
    expect(await source(new OneParameter()).recall()).toBeUndefined();
  });
});
