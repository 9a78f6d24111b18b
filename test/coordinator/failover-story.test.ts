import { describe, expect, it } from '@jest/globals';
import { FailoverStory } from '../../coordinator/failover-story';
import { electing, promoting, steady } from './support/records';

const EVENT = {
  term: 2,
  reason: 'primary-host-silent',
  from: 'a_aaaaaaaa',
  to: 'b_bbbbbbbb',
  suspectedAtMs: 1_000,
  convictedAtMs: 2_000,
  chosenAtMs: 3_000,
  promotedAtMs: 4_000,
};

describe('the story of a failover', () => {
  it('is told when the new term is steady, and again when the writer is moved', () => {
    const story = new FailoverStory();
    expect(story.see(electing(2), 0)).toBeUndefined();
    expect(story.see(promoting(2), 0)).toBeUndefined();
    expect(story.see(steady(2, { endpointVersion: 9 }), 0)).toEqual(EVENT);
    expect(story.isUnfinished(100)).toBe(true);
    expect(story.flipped(9, 4_500)).toEqual({ ...EVENT, flippedAtMs: 4_500 });
    expect(story.isUnfinished(100)).toBe(false);
  });

  it('is not completed by a flip of an earlier record', () => {
    const story = new FailoverStory();
    story.see(promoting(2), 0);
    story.see(steady(2, { endpointVersion: 9 }), 0);
    expect(story.flipped(8, 4_100)).toBeUndefined();
    expect(story.flipped(9, 4_200)).toMatchObject({ flippedAtMs: 4_200 });
    expect(story.flipped(9, 4_300)).toBeUndefined();
  });

  it('is told by one who missed the choice, or all of the election, but not by one who saw nothing before', () => {
    const story = new FailoverStory();
    story.see(electing(2), 0);
    expect(story.see(steady(2), 0)).toEqual(EVENT);
    expect(story.see(steady(2), 0)).toBeUndefined();
    const late = new FailoverStory();
    late.see(steady(1), 0);
    expect(late.see(steady(2), 0)).toEqual(EVENT);
    expect(new FailoverStory().see(steady(2), 0)).toBeUndefined();
  });

  it('is that of the last term when one election follows another', () => {
    const story = new FailoverStory();
    story.see(promoting(2), 0);
    story.see(electing(3), 0);
    expect(story.see(steady(2), 0)).toBeUndefined();
    story.see(promoting(3), 0);
    expect(story.see(steady(3), 0)).toEqual({ ...EVENT, term: 3 });
  });

  it('does not keep an invocation waiting for a Route 53 that does not answer', () => {
    const story = new FailoverStory();
    story.see(promoting(2), 0);
    story.see(steady(2), 1_000);
    expect(story.isUnfinished(10_999)).toBe(true);
    expect(story.isUnfinished(11_000)).toBe(false);
  });
});
