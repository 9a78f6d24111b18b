import { describe, expect, test } from '@jest/globals';
import { MachineImage } from 'aws-cdk-lib/aws-ec2';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresClusterProps } from '../../lib';
import { PostgresVersion, WhenNoStandby } from '../../lib';
import { OWNED_PARAMETERS } from '../../lib/owned-parameters';
import { settingsOf } from '../../lib/settings';
import { slotNames } from '../../lib/slot-names';

const settings = (props: Partial<PostgresClusterProps>, slots = 3) =>
  settingsOf(props as PostgresClusterProps, slotNames(slots));

describe('without a choice', () => {
  test('a database with PostGIS', () => {
    expect(settings({})).toEqual({
      slots: ['a', 'b', 'c'],
      databaseName: 'app',
      masterUsername: 'app',
      extensions: ['postgis'],
      parameters: {},
      acks: 1,
      whenNoStandby: 'degrade',
      postgresVersion: '17',
    });
  });

  test.each([
    [1, 0],
    [3, 1],
    [5, 2],
  ])('%i slots acknowledge a commit with %i standbys', (slots, acks) => {
    expect(settings({}, slots).acks).toBe(acks);
  });
});

describe('a right choice stands in the settings', () => {
  test('names of 63 characters', () => {
    const name = `_${'x'.repeat(62)}`;
    expect(settings({ databaseName: name, masterUsername: name })).toMatchObject({
      databaseName: name,
      masterUsername: name,
    });
  });

  test('no extension', () => {
    expect(settings({ extensions: [] }).extensions).toEqual([]);
  });

  test('an extension with a hyphen', () => {
    expect(settings({ extensions: ['uuid-ossp'] }).extensions).toEqual(['uuid-ossp']);
  });

  test('parameters, in the order of their names, whatever order they are given in', () => {
    const given = { work_mem: '64MB', 'auto_explain.log_min_duration': '1s', max_connections: '200' };
    expect(JSON.stringify(settings({ parameters: given }).parameters)).toBe(
      '{"auto_explain.log_min_duration":"1s","max_connections":"200","work_mem":"64MB"}',
    );
  });

  test('acks up to the number of standbys', () => {
    expect(settings({ acks: 2 }).acks).toBe(2);
    expect(settings({ acks: 0 }).acks).toBe(0);
    expect(settings({ acks: 4 }, 5).acks).toBe(4);
  });

  test('to block without a standby', () => {
    expect(settings({ whenNoStandby: WhenNoStandby.BLOCK }).whenNoStandby).toBe('block');
  });
});

describe('a wrong choice is an error that names property, value and what is allowed', () => {
  test.each<[string, Partial<PostgresClusterProps>, number, string]>([
    [
      'an upper-case letter in a database name',
      { databaseName: 'App' },
      3,
      'databaseName is "App"; allowed: a lower-case letter or "_", then up to 62 lower-case letters, digits and "_"',
    ],
    ['an empty database name', { databaseName: '' }, 3, 'databaseName is ""; allowed: a lower-case letter or "_"'],
    [
      'a database name that PostgreSQL would cut off',
      { databaseName: 'x'.repeat(64) },
      3,
      `databaseName is "${'x'.repeat(64)}"; allowed: a lower-case letter`,
    ],
    [
      'a database name with a quote',
      { databaseName: 'a"b' },
      3,
      'databaseName is "a\\"b"; allowed: a lower-case letter',
    ],
    [
      'fewer connections than are reserved',
      { parameters: { max_connections: '15' } },
      3,
      'parameters.max_connections is "15"; allowed: at least 25: Holdfast keeps 15 for itself',
    ],
    [
      'a database of PostgreSQL',
      { databaseName: 'template1' },
      3,
      'databaseName is "template1"; allowed: anything but PostgreSQL\'s own postgres, template0, template1',
    ],
    [
      'a user name that begins with a digit',
      { masterUsername: '1a' },
      3,
      'masterUsername is "1a"; allowed: a lower-case letter or "_"',
    ],
    [
      'the superuser',
      { masterUsername: 'postgres' },
      3,
      'masterUsername is "postgres"; allowed: anything but postgres, public',
    ],
    [
      'a role of PostgreSQL',
      { masterUsername: 'pg_monitor' },
      3,
      'masterUsername is "pg_monitor"; allowed: anything but',
    ],
    [
      'a role of Holdfast',
      { masterUsername: 'holdfast_monitor' },
      3,
      'masterUsername is "holdfast_monitor"; allowed: anything but',
    ],
    [
      'an extension that is SQL',
      { extensions: ['postgis', 'x; drop'] },
      3,
      'extensions[1] is "x; drop"; allowed: the name of an extension',
    ],
    [
      'an extension twice',
      { extensions: ['postgis', 'postgis'] },
      3,
      'extensions[1] is "postgis"; allowed: each extension once',
    ],
    [
      'a parameter name with a space',
      { parameters: { 'work mem': '1' } },
      3,
      'parameters.work mem is "1"; allowed: a parameter name of PostgreSQL in lower case',
    ],
    [
      'a parameter in upper case, which PostgreSQL would take for the lower one',
      { parameters: { FSYNC: 'off' } },
      3,
      'parameters.FSYNC is "off"; allowed: a parameter name of PostgreSQL in lower case',
    ],
    [
      'a parameter of two lines',
      { parameters: { work_mem: '1\nfsync = off' } },
      3,
      'parameters.work_mem is "1\\nfsync = off"; allowed: a string of one line',
    ],
    [
      'a parameter that is a number',
      { parameters: { work_mem: 1 as unknown as string } },
      3,
      'parameters.work_mem is 1; allowed: a string of one line',
    ],
    [
      'as many acks as slots',
      { acks: 3 },
      3,
      'acks is 3; allowed: a whole number from 0 to 2 (fewer than the 3 slots)',
    ],
    ['an ack with one slot', { acks: 1 }, 1, 'acks is 1; allowed: a whole number from 0 to 0 (fewer than the 1 slots)'],
    ['negative acks', { acks: -1 }, 3, 'acks is -1; allowed: a whole number from 0 to 2'],
    ['half an ack', { acks: 0.5 }, 3, 'acks is 0.5; allowed: a whole number from 0 to 2'],
    [
      'an unknown policy',
      { whenNoStandby: 'wait' as WhenNoStandby },
      3,
      'whenNoStandby is "wait"; allowed: one of degrade, block',
    ],
    [
      'to block with one slot',
      { whenNoStandby: WhenNoStandby.BLOCK },
      1,
      'whenNoStandby is "block"; allowed: degrade with 1 slot: it never has a standby',
    ],
    [
      'more parameters than SSM holds',
      { parameters: { search_path: 'x'.repeat(4096) } },
      3,
      'bytes together with the other settings"; allowed: at most 4096 bytes, what an SSM parameter holds',
    ],
  ])('%s', (_, props, slots, message) => {
    expect(() => settings(props, slots)).toThrow(message);
  });

  test.each([
    'synchronous_standby_names',
    'primary_conninfo',
    'synchronous_commit',
    'restart_after_crash',
    'fsync',
    'port',
    'wal_level',
  ])('%s, which Holdfast owns', (name) => {
    expect(() => settings({ parameters: { [name]: 'x' } })).toThrow(
      `PostgresCluster: parameters.${name} is "x"; allowed: no value: Holdfast sets ${name} itself`,
    );
  });

  test('a version without packages', () => {
    expect(() => PostgresVersion.of('16')).toThrow('PostgresCluster: version is "16"; allowed: one of 17');
  });
});

test('an extension that is not packaged is allowed with an image of the user', () => {
  const machineImage = MachineImage.genericLinux({ 'eu-central-1': 'ami-0123456789abcdef0' });
  expect(settings({ extensions: ['timescaledb'], machineImage }).extensions).toEqual(['timescaledb']);
});

test.each([
  ['work_mem', '64MB'],
  ['work_mem', '65536'],
  ['random_page_cost', '1.1'],
  ['random_page_cost', '.5'],
  ['autovacuum_naptime', '1 min'],
  ['statement_timeout', '0'],
  ['jit', 'OFF'],
  ['wal_compression', 'lz4'],
  ['wal_compression', 'true'],
  ['log_statement', 'ddl'],
  ['timezone', 'Europe/Berlin'],
  ['search_path', '"$user", public'],
  ['shared_preload_libraries', 'pg_stat_statements,auto_explain'],
  ['auto_explain.log_min_duration', 'whatever its extension takes'],
])('%s = %s is a parameter', (name, value) => {
  expect(settings({ parameters: { [name]: value } }).parameters).toEqual({ [name]: value });
});

test("everything that a node's postgresql.conf sets after the owner's parameters is refused as one of them", () => {
  const conf = readFileSync(join(__dirname, '../../agent/files/postgres/postgresql.conf'), 'utf8');
  const [defaults = '', own = ''] = conf.split("include 'owner.conf'");
  const names = (text: string) => [...text.matchAll(/^([a-z_]+) = /gm)].map(([, name]) => name ?? '');
  expect(names(own).length).toBeGreaterThan(20);
  expect(names(own).filter((name) => !OWNED_PARAMETERS.has(name))).toEqual([]);
  expect(names(defaults).filter((name) => OWNED_PARAMETERS.has(name))).toEqual([]);
});

test('every owned parameter is refused', () => {
  for (const name of OWNED_PARAMETERS) {
    expect(() => settings({ parameters: { [name]: 'x' } })).toThrow(`Holdfast sets ${name} itself`);
  }
});
