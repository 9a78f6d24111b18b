import { describe, expect, test } from '@jest/globals';
import {
  confLine,
  conninfo,
  roleConf,
  roleText,
  syncNamesText,
  upstreamParameters,
  spaceConf,
} from '../../../agent/postgres/conf-text';
import type { RoleSettings } from '../../../agent/postgres/context';
import { layoutOf } from '../../../agent/layout';
import { parseMember } from '../../../core/member';

const a = parseMember('a_00000000');
const b = parseMember('b_00000000');
const upstream = { address: '10.0.1.4', host: 'a.db.internal' };

describe('the text of PostgreSQL’s configuration', () => {
  test('quotes whatever stands in a value', () => {
    expect(confLine('x', "it's \\ here")).toBe("x = 'it''s \\\\ here'\n");
    expect(conninfo({ host: "it's \\ here", port: 5433 })).toBe("host='it\\'s \\\\ here' port='5433'");
  });

  test('takes no value of several lines', () => {
    for (const value of ['a\nfsync = off', 'a\rb', 'a\0']) expect(() => confLine('x', value)).toThrow(/one line/);
  });

  test('names nobody, the sentinel, or a quorum', () => {
    expect(syncNamesText({ kind: 'none' })).toBe('');
    expect(syncNamesText({ kind: 'sentinel' })).toBe('ANY 1 ("holdfast_nobody")');
    expect(syncNamesText({ kind: 'quorum', acks: 2, members: [a, b] })).toBe('ANY 2 ("a_00000000", "b_00000000")');
  });

  test('refuses a quorum that cannot be', () => {
    expect(() => syncNamesText({ kind: 'quorum', acks: 0, members: [a] })).toThrow(/quorum of 0 among 1/);
    expect(() => syncNamesText({ kind: 'quorum', acks: 2, members: [a] })).toThrow(/quorum of 2 among 1/);
  });

  test('reaches another node by address, past the door, by its certificate’s name', () => {
    expect(upstreamParameters(layoutOf(), upstream, b, '/key')).toMatchObject({
      hostaddr: '10.0.1.4',
      host: 'a.db.internal',
      port: 5433,
      user: 'holdfast_replication',
      application_name: 'b_00000000',
      sslmode: 'verify-full',
      sslkey: '/key',
    });
  });

  test('of a standby names its upstream and its slot, and synchronizes logical slots', () => {
    const role: RoleSettings = { upstream: { ...upstream, member: b }, syncNames: { kind: 'sentinel' } };
    const text = roleText(layoutOf(), role, '/key');
    expect(text.primarySlotName).toBe(b);
    expect(roleConf(role, text)).toContain("sync_replication_slots = 'on'");
  });

  test('of a primary lets logical decoding wait for as many standbys as a commit does', () => {
    const role: RoleSettings = { upstream: null, syncNames: { kind: 'quorum', acks: 1, members: [a, b] } };
    const text = roleText(layoutOf(), role, '');
    expect(text).toMatchObject({ primaryConninfo: '', primarySlotName: '' });
    expect(roleConf(role, text)).toContain("synchronized_standby_slots = 'a_00000000'\n");
    expect(roleConf(role, text)).toContain("sync_replication_slots = 'off'");
  });
});

describe('what follows from free space', () => {
  test('is nothing while there is enough, less WAL when it is short, and no writing when it is nearly out', () => {
    expect(spaceConf('ample')).toBe('');
    expect(spaceConf('tight')).toContain("max_slot_wal_keep_size = '64MB'\n");
    expect(spaceConf('tight')).not.toContain('read_only');
    expect(spaceConf('full')).toContain("wal_keep_size = '32MB'\n");
    expect(spaceConf('full')).toContain("default_transaction_read_only = 'on'\n");
  });
});
