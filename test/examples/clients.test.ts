import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { poolConfig, readOutputs } from '../../examples/clients/node/database';
import { multiHostDsn } from '../../lib/dsn';

const OUTPUTS = {
  WriterEndpoint: 'writer.shop.internal',
  ReaderEndpoint: 'reader.shop.internal',
  Dsn: multiHostDsn(['a.shop.internal', 'b.shop.internal', 'c.shop.internal'], 'shop'),
  Port: '5432',
  DatabaseName: 'shop',
  SecretArn: 'arn:aws:secretsmanager:eu-central-1:111111111111:secret:x',
  CaCertificateParameterName: 'CFN-x',
};
const LOGIN = { username: 'owner', password: 'secret' };

function withOutputsFile<T>(use: (path: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-outputs-'));
  try {
    const path = join(directory, 'outputs.json');
    writeFileSync(path, JSON.stringify({ Holdfast: OUTPUTS }));
    return use(path);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('Node: the outputs file leads to the writer, with a checked certificate', () => {
  const client = new Client(poolConfig(withOutputsFile(readOutputs), LOGIN, 'PEM'));
  expect([client.host, client.port, client.database, client.user]).toEqual([
    'writer.shop.internal',
    5432,
    'shop',
    'owner',
  ]);
  expect(poolConfig(OUTPUTS, LOGIN, 'PEM').ssl).toEqual({ ca: 'PEM' });
});

test('Node: reads may go to the reader', () => {
  expect(poolConfig(OUTPUTS, LOGIN, 'PEM', 'reader').host).toBe('reader.shop.internal');
});

test('Node: a stack that is not in the file is an error', () => {
  expect(() => withOutputsFile((path) => readOutputs(path, 'Shop'))).toThrow('has no stack Shop, but Holdfast.');
});

test('Django: the outputs file leads to all slots, and to the first of them that accepts writes', () => {
  const script = [
    'import json, sys, settings',
    'outputs = settings.read_outputs(sys.argv[1])',
    'login = json.loads(sys.argv[2])',
    'print(json.dumps([f(outputs, login, "ca.pem") for f in (settings.writer, settings.reader)]))',
  ].join('\n');
  const printed = withOutputsFile((path) =>
    execFileSync('python3', ['-B', '-c', script, path, JSON.stringify(LOGIN)], {
      cwd: join(__dirname, '../../examples/clients/django'),
    }).toString(),
  );
  const [writer, reader] = JSON.parse(printed) as { OPTIONS: object }[];
  expect(writer).toMatchObject({
    HOST: 'a.shop.internal,b.shop.internal,c.shop.internal',
    PORT: '5432,5432,5432',
    NAME: 'shop',
    USER: 'owner',
    PASSWORD: 'secret',
    OPTIONS: { target_session_attrs: 'read-write', sslmode: 'verify-full', sslrootcert: 'ca.pem' },
  });
  expect(reader).toMatchObject({
    HOST: 'reader.shop.internal',
    PORT: '5432',
    OPTIONS: { target_session_attrs: 'any', sslmode: 'verify-full' },
  });
});
