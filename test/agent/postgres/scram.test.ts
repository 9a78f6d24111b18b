import { describe, expect, test } from '@jest/globals';
import { scramVerifier, verifierOf } from '../../../agent/postgres/scram';

describe('a SCRAM verifier', () => {
  test('is what RFC 5803 says, by the values of RFC 7677', () => {
    const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
    expect(scramVerifier('pencil', salt)).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    );
  });

  test('stays as it is while the password does', () => {
    const standing = scramVerifier('pencil');
    expect(verifierOf('pencil', standing)).toBe(standing);
    expect(verifierOf('pen', standing)).not.toBe(standing);
    for (const other of [null, undefined, 'md5abc', 'SCRAM-SHA-256$9:x']) {
      expect(verifierOf('pencil', other)).toMatch(/^SCRAM-SHA-256\$4096:/);
    }
  });

  test('is made of printable ASCII only, which every driver prepares alike', () => {
    for (const password of ['', 'ü', 'a\nb']) expect(() => scramVerifier(password)).toThrow(/printable ASCII/);
  });
});
