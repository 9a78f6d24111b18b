import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { comparePositions, placeOnChain } from '../../core/lineage';
import { choosingBy, RULES, type Rules } from './support/rules';
import { Violation, World, type WorldOptions } from './support/world';

/*
 * The rules of core, put together in a simulated cluster: any order of commits, streams, elections, pledges, promotions,
 * rewinds and changes of the guarantee, with agents that act on records they read long ago. See support/world.ts.
 */
// Many lives, on a machine that may be busy.
jest.setTimeout(120_000);

const LIFE = { minLength: 120, maxLength: 120 } as const;

interface Life {
  readonly options: Omit<WorldOptions, 'rules'>;
  readonly picks: readonly number[];
}

const life: fc.Arbitrary<Life> = fc.record({
  options: fc.record({
    size: fc.constantFrom(3 as const, 3 as const, 5 as const),
    acks: fc.constantFrom(1, 1, 2),
    mayBeUnelectable: fc.boolean(),
    isWithRogues: fc.boolean(),
  }),
  picks: fc.array(fc.nat(1_000_000), LIFE),
});

/** Lives through it; the world itself throws when an acknowledged commit is lost. */
function live(rules: Rules, { options, picks }: Life): World {
  const world = new World({ ...options, rules });
  world.live(picks);
  return world;
}

describe('with all its rules', () => {
  test('no acknowledged commit is lost, and nobody acknowledges what a later primary lacks', () => {
    fc.assert(
      fc.property(life, (each) => {
        live(RULES, each);
      }),
      { numRuns: 500 },
    );
  });

  test('no guarantee names a member that is no more: nobody could pledge for it', () => {
    fc.assert(
      fc.property(life, (each) => live(RULES, each).namedButGone().length === 0),
      { numRuns: 200 },
    );
  });

  test('the search sees something: commits are acknowledged and terms pass', () => {
    const lives = fc.sample(life, { numRuns: 100, seed: 1 }).map((each) => live(RULES, each));
    expect(lives.filter((world) => world.commits > 3).length).toBeGreaterThan(50);
    expect(lives.filter((world) => world.term > 3).length).toBeGreaterThan(20);
  });
});

/** Each takes one rule out. The reason why it is there is that without it this happens. */
const MUTATIONS: readonly (readonly [string, Partial<Rules>])[] = [
  [
    'n − k standbys are enough instead of n − k + 1',
    { choose: choosingBy({ needed: (standbys, acks) => standbys - acks }) },
  ],
  [
    'positions are compared without their timeline',
    { choose: choosingBy({ compare: (l, r) => Number(l.lsn - r.lsn) }) },
  ],
  ['a pledge of another term counts', { choose: choosingBy({ counts: () => true }) }],
  ['only the last guarantee has to be met', { choose: choosingBy({ meetsAll: false }) }],
  ['the chosen one may be behind those who pledged', { choose: choosingBy({ insistsOnSet: false }) }],
  [
    'equal numbers of timelines are believed without their first record',
    {
      choose: choosingBy({
        place: (lineage, pledge) =>
          placeOnChain(
            lineage,
            pledge.ancestry.map((each) => ({ ...each, ...lineage.find((entry) => entry.timeline === each.timeline) })),
            pledge.endLsn,
          ),
      }),
    },
  ],
  [
    'data that leaves the chain counts up to its end',
    {
      choose: choosingBy({
        place: (lineage, pledge) => {
          const place = placeOnChain(lineage, pledge.ancestry, pledge.endLsn);
          return place === undefined ? undefined : { ...place, lsn: pledge.endLsn };
        },
        compare: comparePositions,
      }),
    },
  ],
  ['older guarantees leave the record at once', { waitsForFlush: false }],
  ['a new setting is believed before every walsender has it', { waitsForForce: false }],
  ['a pledge is given while WAL still streams in', { detachesFirst: false }],
  ['standbys follow a primary whose term is not steady', { followsSteadyOnly: false }],
  ['the old primary is crowned again on its old timeline', { newTimelineEachTerm: false }],
  ['only the own timeline is recorded', { recordsAncestry: false }],
  [
    'a half-rewound directory passes for what it was',
    { mayDiscard: () => true, renamesRewound: false, marksRewinding: false },
  ],
];

describe('an acknowledged commit is lost when', () => {
  test.each(MUTATIONS)('%s', (_what, changed) => {
    const outcome = fc.check(
      fc.property(life, (each) => {
        live({ ...RULES, ...changed }, each);
      }),
      { numRuns: 30_000, seed: 7, endOnFailure: true },
    );
    expect(outcome.errorInstance).toBeInstanceOf(Violation);
  });
});

/** Each of these three is enough by itself to keep a rewind from losing anything; see the last line of the table above. */
describe('it is not lost, though it may be waited for, when only one of these is missing:', () => {
  test.each<[string, Partial<Rules>]>([
    ['the record is asked before a directory is discarded', { mayDiscard: () => true }],
    ['a rewound directory is a new member', { renamesRewound: false }],
    ['a directory being rewound is marked', { marksRewinding: false }],
  ])('%s', (_what, changed) => {
    fc.assert(
      fc.property(life, (each) => {
        live({ ...RULES, ...changed }, each);
      }),
      { numRuns: 300 },
    );
  });
});
