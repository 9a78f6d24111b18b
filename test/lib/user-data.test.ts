import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseNodeConfig } from '../../agent/config';
import { fillTemplate, readTemplateFile } from '../../lib/template-file';
import { clusterTemplate, plainTemplate, resource, textOf } from './support';

/** EC2's limit, before base64. */
const USER_DATA_LIMIT_BYTES = 16 * 1024;
/** Longer than any id or name that AWS makes for these resources. */
const LONGEST_NAME = 160;

function userData(slot: string, template = plainTemplate()): string {
  const data = resource(template, 'AWS::EC2::LaunchTemplate', new RegExp(`Slot${slot}`)).Properties[
    'LaunchTemplateData'
  ];
  return textOf((data as { UserData: unknown }).UserData);
}

/** As EC2 hands it over: no reference is left in it. */
function deployed(script: string): string {
  return script.replace(/<[\w:.]+>/g, (reference) =>
    /^<DbSlot.Data/.test(reference) ? 'vol-0123456789abcdef0' : 'x'.repeat(LONGEST_NAME),
  );
}

/** What the script writes into a file. */
function fileIn(script: string, path: string): string {
  const content = new RegExp(`^cat > ${path} <<'HOLDFAST_END'\n([^]*?)\nHOLDFAST_END$`, 'm').exec(script)?.[1];
  if (content === undefined) {
    throw new Error(`user data does not write ${path}`);
  }
  return content;
}

describe('user data', () => {
  test('is far below the 16 KB that EC2 takes, with five slots and the longest names', () => {
    const zoneName = `${'z'.repeat(63)}.${'z'.repeat(63)}.${'z'.repeat(63)}.example.com`;
    const script = deployed(userData('A', clusterTemplate({ zoneName })));
    expect(Buffer.byteLength(script)).toBeLessThan(USER_DATA_LIMIT_BYTES / 2);
  });

  test.each(['sh', 'bash'])('is a script for %s', (shell) => {
    expect(() => execFileSync(shell, ['-n'], { input: deployed(userData('A')) })).not.toThrow();
  });

  test.each(['A', 'B', 'C'])('of slot %s tells the agent what it asks for', (slot) => {
    const config = parseNodeConfig(fileIn(deployed(userData(slot)), '/etc/holdfast/node.json'));
    expect(config).toMatchObject({
      cluster: 'test-db',
      slot: slot.toLowerCase(),
      zoneName: 'test-db.holdfast.internal',
      volumeId: 'vol-0123456789abcdef0',
    });
  });

  test('names each resource where it belongs', () => {
    expect(JSON.parse(fileIn(userData('B'), '/etc/holdfast/node.json'))).toEqual({
      cluster: 'test-db',
      slot: 'b',
      region: '<AWS::Region>',
      volumeId: expect.stringMatching(/^<DbSlotBData\w+>$/),
      registerTable: expect.stringMatching(/^<DbRegisterTable\w+>$/),
      hostedZoneId: expect.stringMatching(/^<DbEndpointsZone\w+>$/),
      zoneName: 'test-db.holdfast.internal',
      settingsParameter: expect.stringMatching(/^<DbSettings\w+>$/),
      caCertificateParameter: expect.stringMatching(/^<DbCredentialsCaCertificate\w+>$/),
      caSecretArn: expect.stringMatching(/^<DbCredentialsCaKey\w+>$/),
      masterSecretArn: expect.stringMatching(/^<DbCredentialsMaster\w+>$/),
      monitorSecretArn: expect.stringMatching(/^<DbCredentialsMonitor\w+>$/),
      logGroup: expect.stringMatching(/^<DbNodeLog\w+>$/),
      signal: { stackId: '<AWS::StackId>', resource: expect.stringMatching(/^DbSlotBGroupASG\w+$/) },
    });
  });

  test('names the bundle by its hash', () => {
    expect(fileIn(userData('A'), '/etc/holdfast/install.env')).toMatch(
      /^AWS_DEFAULT_REGION=<AWS::Region>\nHOLDFAST_BUNDLE=s3:\/\/cdk-hnb659fds-assets-\$\{AWS::AccountId\}-\$\{AWS::Region\}\/[0-9a-f]{64}\.zip$/,
    );
  });

  test('writes script and unit as they stand in the repository', () => {
    expect(fileIn(userData('A'), '/usr/local/sbin/holdfast-install')).toBe(readTemplateFile('holdfast-install.sh'));
    expect(fileIn(userData('A'), '/etc/systemd/system/holdfast-install.service')).toBe(
      readTemplateFile('holdfast-install.service'),
    );
  });

  test('starts a unit that tries for ever', () => {
    const unit = readTemplateFile('holdfast-install.service').split('\n');
    expect(unit).toEqual(expect.arrayContaining(['Restart=on-failure', 'RestartSec=5', 'StartLimitIntervalSec=0']));
    expect(userData('A')).toMatch(/^systemctl start --no-block holdfast-install\.service$/m);
  });

  test('keeps what it tells the node from other users', () => {
    const script = userData('A');
    expect(script.indexOf('umask 077')).toBeLessThan(script.indexOf('/etc/holdfast/node.json <<'));
    expect(script.indexOf('umask 077')).toBeGreaterThan(0);
  });
});

describe('the files', () => {
  const folder = join(__dirname, '../../lib/files');
  const files = readdirSync(folder);

  test.each(files.filter((name) => name.endsWith('.sh')))('%s is right for every shell', (name) => {
    const script = readFileSync(join(folder, name), 'utf8');
    expect(script).toMatch(/^#!\/bin\/sh\n/);
    expect(script).toMatch(/^set -eu$/m);
    expect(() => execFileSync('sh', ['-n', join(folder, name)])).not.toThrow();
  });

  test.each(files.filter((name) => name !== 'user-data.sh'))(
    '%s does not end the text that it is written by',
    (name) => {
      expect(readFileSync(join(folder, name), 'utf8')).not.toMatch(/^HOLDFAST_END$/m);
    },
  );
});

describe('a template', () => {
  test('has each name filled in, also twice', () => {
    expect(fillTemplate('@@A@@ @@B_C@@ @@A@@', { A: 'one', B_C: '$& two' })).toBe('one $& two one');
  });

  test('with a name that has no value is an error', () => {
    expect(() => fillTemplate('@@A@@', {})).toThrow('The template asks for A, which has no value.');
  });

  test('without a place for a value is an error', () => {
    expect(() => fillTemplate('@@A@@', { A: '', B: '', C: '' })).toThrow('The template has no place for B, C.');
  });
});
