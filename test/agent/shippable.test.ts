import { describe, expect, test } from '@jest/globals';
import { shippable } from '../../agent/shippable';

const ship = (from: string, message: string) => shippable({ atMs: 0, from, message, cursor: 'c' });

describe('what leaves the machine', () => {
  test.each([
    'LOG:  checkpoint complete: wrote 44 buffers (0.3%)',
    'FATAL:  password authentication failed for user "app"',
    'ERROR:  relation "passwords" does not exist at character 15',
  ])('is what PostgreSQL says of itself: %s', (message) => {
    expect(ship('postgres', `812 app@10.0.0.9 ${message}`)).toBe(`812 app@10.0.0.9 ${message}`);
  });

  test("is the agent's lines as they are", () => {
    const line = '{"at":"2026-12-01T10:00:00.000Z","level":"info","code":"record","slot":"a"}';
    expect(ship('holdfast-agent', line)).toBe(line);
  });
});

describe('what stays in the journal', () => {
  test.each([
    "812 app@10.0.0.9 STATEMENT:  ALTER ROLE app PASSWORD 'geheim'",
    '812 app@10.0.0.9 QUERY:  SELECT geheim()',
    '812 app@10.0.0.9 CONTEXT:  SQL statement "geheim"',
    '812 app@10.0.0.9 DETAIL:  Key (iban)=(geheim) already exists.',
    "\t'geheim'",
  ])('is every statement and what goes on from one: %s', (message) => {
    expect(ship('postgres', message)).toBeUndefined();
  });

  test('is what is empty', () => {
    expect(ship('postgres', ' ')).toBeUndefined();
  });
});

describe('what looks like a secret is blotted out:', () => {
  test.each([
    "LOG:  statement: ALTER ROLE app PASSWORD 'geheim'",
    "LOG:  statement: CREATE USER app WITH ENCRYPTED PASSWORD 'geheim' LOGIN",
    "LOG:  statement: alter role app password E'ge\\'heim'",
    'LOG:  statement: alter role app password $x$geheim$x$',
    "LOG:  statement: alter role app password 'geheim",
    'could not connect: host=a user=app password=geheim dbname=app',
    'primary_conninfo = \'host=a password = "geheim" user=x\'',
    '{"code":"x","password":"geheim"}',
    'postgresql://app:geheim@a.internal:5432/app',
    'SCRAM-SHA-256$4096:geheim$geheim:geheim',
    '-----BEGIN EC PRIVATE KEY-----geheim',
  ])('%s', (message) => {
    for (const from of ['postgres', 'holdfast-agent']) {
      const shipped = ship(from, message);
      expect(shipped).toContain('***');
      expect(shipped).not.toContain('geheim');
    }
  });
});

test('a line of any length is cut, and says so', () => {
  const shipped = ship('postgres', 'x'.repeat(300_000)) ?? '';
  expect(shipped.length).toBeLessThan(10_000);
  expect(shipped).toMatch(/ … \(300000 characters\)$/);
});
