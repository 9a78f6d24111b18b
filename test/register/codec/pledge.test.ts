import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodePledge, encodePledge } from '../../../register';
import { anyPledge } from './sample';

describe('the codec of pledges', () => {
  it('gives back every pledge that it wrote, through JSON as well', () => {
    fc.assert(
      fc.property(anyPledge, (pledge) => {
        expect(decodePledge(JSON.parse(JSON.stringify(encodePledge(pledge))))).toEqual(pledge);
      }),
    );
  });

  it('refuses a pledge that does not tell its timelines', () => {
    const pledge = { member: 'a_aaaaaaaa', term: 2, endLsn: '0/1', ancestry: [], electable: true, address: '10.0.0.1' };
    expect(() => decodePledge(pledge, 'node#a/pledge')).toThrow(
      'node#a/pledge is malformed: ancestry: expected at least one timeline, oldest first, each number once.',
    );
  });
});
