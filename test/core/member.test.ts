import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newMember, parseMember, parseSlot, slotOf, type Slot } from '../../core/member';

const slot = fc.constantFrom('a', 'b', 'c', 'd', 'e') as fc.Arbitrary<Slot>;
const id = fc.stringMatching(/^[a-z0-9]{8,32}$/);

describe('a slot', () => {
  test.each(['a', 'e', 'z'])('%s is one', (text) => {
    expect(parseSlot(text)).toBe(text);
  });

  test.each(['', 'A', 'ab', '1', ' a', 'ä'])('%j is none, and the error says how slots are named', (text) => {
    expect(() => parseSlot(text)).toThrow(`"${text}" is not a slot. Slots are named by one letter: a, b, c, d, e.`);
  });
});

describe('a member', () => {
  test('is its slot and an id', () => {
    fc.assert(
      fc.property(slot, id, (itsSlot, itsId) => {
        const member = newMember(itsSlot, itsId);
        return member === `${itsSlot}_${itsId}` && slotOf(member) === itsSlot && parseMember(member) === member;
      }),
    );
  });

  test('fits an application name, a slot of PostgreSQL and an unquoted entry of synchronous_standby_names', () => {
    fc.assert(
      fc.property(slot, id, (itsSlot, itsId) => {
        const member = newMember(itsSlot, itsId);
        return /^[a-z][a-z0-9_]*$/.test(member) && Buffer.byteLength(member) <= 63 - '_clone'.length;
      }),
    );
  });

  test.each([
    '',
    'a',
    'a_',
    'a_1234567',
    `a_${'1'.repeat(33)}`,
    'A_00000001',
    'a_0000000A',
    'a-00000001',
    '1_00000001',
    'ab_00000001',
    'a_0000_0001',
    'a_00000001\n',
  ])('%j is none, and the error says what is expected', (text) => {
    expect(() => parseMember(text)).toThrow(
      `"${text}" is not a member. Expected <slot>_<id>, the id of 8 to 32 characters [a-z0-9].`,
    );
  });

  test('is not made from an id that no member may have', () => {
    expect(() => newMember('a' as Slot, 'short')).toThrow('"a_short" is not a member.');
  });
});
