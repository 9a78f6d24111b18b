import { describe, expect, test } from '@jest/globals';
import { Lazy, NestedStack, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { parseSlot } from '../../core/member';
import { clusterNameOf } from '../../lib/cluster-name';
import { multiHostDsn } from '../../lib/dsn';
import { slotNames } from '../../lib/slot-names';
import { zoneNameOf } from '../../lib/zone-name';
import { testApp } from './support';

describe("the cluster's name", () => {
  const nameOf = (stackName: string, ...path: string[]) => {
    let scope: Construct = new Stack(testApp(), 'Stack', { stackName });
    for (const id of path) {
      scope = new Construct(scope, id);
    }
    return clusterNameOf(scope);
  };

  test('is stack name and path', () => {
    expect(nameOf('Holdfast', 'Db')).toBe('holdfast-db');
    expect(nameOf('Shop', 'Data', 'Db_1')).toBe('shop-data-db-1');
  });

  test('leaves out what CDK hides', () => {
    expect(nameOf('Shop', 'Db', 'Resource')).toBe('shop-db');
  });

  test('is a DNS label, however long the path', () => {
    const long = nameOf('Shop', 'A'.repeat(60), 'Db');
    expect(long).toMatch(/^[a-z0-9-]{1,40}$/);
    expect(long).not.toBe(nameOf('Shop', 'A'.repeat(60), 'Db2'));
  });

  test('is known in a nested stack', () => {
    const nested = new NestedStack(new Stack(testApp(), 'Shop'), 'Data');
    expect(clusterNameOf(new Construct(nested, 'Db'))).toBe('shop-data-db');
  });
});

describe('the zone', () => {
  test("has the cluster's name", () => {
    expect(zoneNameOf(undefined, 'shop-db')).toBe('shop-db.holdfast.internal');
  });

  test('can be chosen', () => {
    expect(zoneNameOf('db.example.com', 'shop-db')).toBe('db.example.com');
  });

  test.each([
    ['one label', 'internal'],
    ['upper case', 'Db.example.com'],
    ['an empty label', 'db..com'],
    ['a dot at the end', 'db.example.com.'],
    ['a hyphen at the start of a label', '-db.example.com'],
    ['an underscore', 'my_db.example.com'],
    ['a label of 64 characters', `${'a'.repeat(64)}.com`],
    ['more than a name with the longest prefix may have', `${'a.'.repeat(118)}a`],
  ])('can not have %s', (_, name) => {
    expect(() => zoneNameOf(name, 'shop-db')).toThrow(
      `PostgresCluster: zoneName is ${JSON.stringify(name)}; allowed: two or more labels joined by dots, at most 236 characters`,
    );
  });

  test.each(['db.us-east-1.amazonaws.com', 'db.local'])('can not be %s, which others use', (name) => {
    expect(() => zoneNameOf(name, 'shop-db')).toThrow(`zoneName is "${name}"; allowed: no name below amazonaws.com`);
  });

  test('can not be a token: it stands in policies and connection strings', () => {
    expect(() => zoneNameOf(Lazy.string({ produce: () => 'x.y' }), 'shop-db')).toThrow(
      'zoneName is "a token"; allowed: a name that is known when the template is made',
    );
  });
});

describe('slots', () => {
  test.each([
    [1, ['a']],
    [3, ['a', 'b', 'c']],
    [5, ['a', 'b', 'c', 'd', 'e']],
  ])('%i', (count, names) => {
    expect(slotNames(count)).toEqual(names);
  });

  test('are slots to the rest of the system', () => {
    expect(slotNames(5).map((name) => parseSlot(name))).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test.each([0, 2, 4, 6, -1, 2.5, NaN])('%p is an error', (count) => {
    expect(() => slotNames(count)).toThrow(`PostgresCluster: slots is ${count}; allowed: 1, 3 or 5`);
  });
});

test('the connection string names every slot, and neither user nor password', () => {
  expect(multiHostDsn(['a.z', 'b.z', 'c.z'], 'app')).toBe(
    'postgresql://a.z:5432,b.z:5432,c.z:5432/app?target_session_attrs=read-write&sslmode=verify-full&connect_timeout=2',
  );
});
