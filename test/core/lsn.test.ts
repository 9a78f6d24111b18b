import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytesBetween, formatLsn, parseLsn, ZERO_LSN, type Lsn } from '../../core/lsn';

const anyLsn = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => value as Lsn);

describe('a WAL position', () => {
  test('is read as PostgreSQL prints it', () => {
    expect(parseLsn('0/3000148')).toBe(0x3000148n);
    expect(parseLsn('1A/B')).toBe(0x1a_0000000bn);
    expect(parseLsn('ffffffff/ffffffff')).toBe(2n ** 64n - 1n);
    expect(parseLsn('0/0')).toBe(ZERO_LSN);
  });

  test('is printed without leading zeros, in capitals', () => {
    expect(formatLsn(0x3000148n as Lsn)).toBe('0/3000148');
    expect(formatLsn(0x1a_0000000bn as Lsn)).toBe('1A/B');
  });

  test('comes back from its text', () => {
    fc.assert(fc.property(anyLsn, (lsn) => parseLsn(formatLsn(lsn)) === lsn));
  });

  test('is ordered as a number, not as text', () => {
    expect(parseLsn('0/9') < parseLsn('0/10')).toBe(true);
    expect(parseLsn('9/0') < parseLsn('10/0')).toBe(true);
  });

  test.each(['', '0', '0/', '/0', '0/123456789', '123456789/0', '0/G', ' 0/1', '0/1 ', '0/1/2', '-1/0', '0x0/1'])(
    '%j is not one, and the error says what is expected',
    (text) => {
      expect(() => parseLsn(text)).toThrow(
        `"${text}" is not a WAL position. Expected hexadecimal HIGH/LOW, for example 0/3000148.`,
      );
    },
  );
});

describe('the distance of two positions', () => {
  test('counts bytes ahead and is 0 behind', () => {
    expect(bytesBetween(parseLsn('0/FFFFFFFF'), parseLsn('1/1'))).toBe(2);
    expect(bytesBetween(parseLsn('1/1'), parseLsn('0/FFFFFFFF'))).toBe(0);
  });

  test('is never negative, and 0 in at least one direction', () => {
    fc.assert(
      fc.property(anyLsn, anyLsn, (one, other) => {
        const [there, back] = [bytesBetween(one, other), bytesBetween(other, one)];
        return there >= 0 && back >= 0 && Math.min(there, back) === 0 && (one === other) === (there + back === 0);
      }),
    );
  });
});
