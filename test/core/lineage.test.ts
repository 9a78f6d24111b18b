import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  comparePositions,
  isPastLossyFork,
  placeOnChain,
  wayOntoChain,
  type Ancestor,
  type ChainPosition,
} from '../../core/lineage';
import { at, chain, through } from './support/records';

/** Timelines 1, 3 from 100, 4 from 200: the promotion of term 2 never became steady. */
const lineage = chain([3, 100], [4, 200]);

describe('a member is placed on the recorded chain', () => {
  test('at its end, on the timeline it ends on', () => {
    expect(placeOnChain(lineage, through(), at(90))).toEqual({ index: 0, lsn: 90n, onChain: true });
    expect(placeOnChain(lineage, through([3, 100]), at(150))).toEqual({ index: 1, lsn: 150n, onChain: true });
    expect(placeOnChain(lineage, through([3, 100], [4, 200]), at(201))).toEqual({ index: 2, lsn: 201n, onChain: true });
  });

  test('past the fork on its own timeline: that it is too far is for the way to tell', () => {
    expect(placeOnChain(lineage, through(), at(130))).toEqual({ index: 0, lsn: 130n, onChain: true });
  });

  test('where it leaves the chain, when it goes on over a timeline that is not recorded', () => {
    expect(placeOnChain(lineage, through([2, 70]), at(170))).toEqual({ index: 0, lsn: 70n, onChain: false });
    expect(placeOnChain(lineage, through([3, 100], [5, 180]), at(999))).toEqual({
      index: 1,
      lsn: 180n,
      onChain: false,
    });
  });

  test('not beyond its end, when the timeline it took begins later than what it has', () => {
    expect(placeOnChain(lineage, through([2, 70]), at(60))).toEqual({ index: 0, lsn: 60n, onChain: false });
  });

  test('not by equal numbers: another first record is another timeline', () => {
    expect(placeOnChain(lineage, through([3, 100, 'of somebody else']), at(150))).toEqual({
      index: 0,
      lsn: 100n,
      onChain: false,
    });
  });

  test('not by equal numbers: another fork is another timeline', () => {
    expect(placeOnChain(lineage, through([3, 99, 'first of 3']), at(150))).toMatchObject({ index: 0, onChain: false });
  });

  test('not by an unrecorded timeline in between', () => {
    expect(placeOnChain(lineage, through([2, 70], [3, 100]), at(150))).toEqual({ index: 0, lsn: 70n, onChain: false });
  });

  test('nowhere, when it shares not even the first timeline, or tells none', () => {
    const foreign: Ancestor = { timeline: 1, forkLsn: at(0), firstRecord: 'another' };
    expect(placeOnChain(lineage, [foreign], at(50))).toBeUndefined();
    expect(placeOnChain(lineage, [], at(50))).toBeUndefined();
  });
});

/** Worlds of a few promotions: each history is a path in one tree of timelines, none of which is made twice. */
const tree = fc
  .array(fc.record({ parent: fc.nat(), length: fc.integer({ min: 0, max: 40 }) }), { minLength: 1, maxLength: 6 })
  .map((branches) => {
    const paths: { ancestry: readonly Ancestor[]; fork: number }[] = [{ ancestry: through(), fork: 0 }];
    for (const [nth, { parent, length }] of branches.entries()) {
      const from = paths[parent % paths.length] ?? { ancestry: through(), fork: 0 };
      const fork = from.fork + length;
      const timeline = nth + 2;
      const made: Ancestor = { timeline, forkLsn: at(fork), firstRecord: `first of ${timeline}` };
      paths.push({ ancestry: [...from.ancestry, made], fork });
    }
    return paths;
  });
const two = fc.record({ tree, recorded: fc.nat(), own: fc.nat(), further: fc.nat(60) }).map((picked) => {
  const recorded = picked.tree[picked.recorded % picked.tree.length];
  const own = picked.tree[picked.own % picked.tree.length];
  if (recorded === undefined || own === undefined) throw new Error('An empty tree.');
  const entries = chain(...recorded.ancestry.slice(1).map((each) => [each.timeline, Number(each.forkLsn)] as const));
  return { entries, recorded, own, end: at(own.fork + picked.further) };
});

/** Every WAL record as `timeline:position`, so that sharing data is sharing names. */
function contents(ancestry: readonly Ancestor[], end: bigint): Set<string> {
  const records = new Set<string>();
  for (const [nth, { timeline, forkLsn }] of ancestry.entries()) {
    const until = ancestry[nth + 1]?.forkLsn ?? end;
    for (let position: bigint = forkLsn; position < until; position += 1n) records.add(`${timeline}:${position}`);
  }
  return records;
}

describe('whatever the promotions', () => {
  test('a member holds all of the chain up to where it is placed', () => {
    fc.assert(
      fc.property(two, ({ entries, own, end }) => {
        const place = placeOnChain(entries, own.ancestry, end);
        if (place === undefined) throw new Error('They share the first timeline.');
        const upToThere = contents(entries.slice(0, place.index + 1), place.lsn);
        const held = contents(own.ancestry, end);
        return [...upToThere].every((record) => held.has(record));
      }),
    );
  });

  test('it may stream exactly when all that it holds is on the chain', () => {
    fc.assert(
      fc.property(two, ({ entries, recorded, own, end }) => {
        const way = wayOntoChain(entries, placeOnChain(entries, own.ancestry, end));
        const tip = contents(recorded.ancestry, 10_000n);
        const isPrefix = [...contents(own.ancestry, end)].every((record) => tip.has(record));
        // One that ends where an unrecorded timeline begins has its fork, though no data of it.
        const isOff = own.ancestry.some((each) => !recorded.ancestry.some((entry) => entry.timeline === each.timeline));
        return (way === 'stream') === (isPrefix && !isOff);
      }),
    );
  });
});

describe('the way onto the chain', () => {
  const place = (index: number, lsn: number, onChain = true): ChainPosition => ({ index, lsn: at(lsn), onChain });

  test('is streaming behind the fork, at the fork and on the tip', () => {
    expect(wayOntoChain(lineage, place(0, 99))).toBe('stream');
    expect(wayOntoChain(lineage, place(0, 100))).toBe('stream');
    expect(wayOntoChain(lineage, place(2, 5_000))).toBe('stream');
  });

  test('is rewinding ahead of the fork, and off the chain', () => {
    expect(wayOntoChain(lineage, place(0, 101))).toBe('rewind');
    expect(wayOntoChain(lineage, place(1, 201))).toBe('rewind');
    expect(wayOntoChain(lineage, place(2, 50, false))).toBe('rewind');
  });

  test('is cloning, and no rewind, behind a fork for which loss was accepted, and off the chain there', () => {
    const lossy = lineage.map((entry, nth) => (nth === 1 ? { ...entry, lossy: true as const } : entry));
    expect(wayOntoChain(lossy, place(0, 100))).toBe('stream');
    expect(wayOntoChain(lossy, place(0, 101))).toBe('clone');
    expect(wayOntoChain(lossy, place(0, 50, false))).toBe('clone');
    expect(isPastLossyFork(lossy, place(0, 101))).toBe(true);
    // Who went through that fork lacks what the chain lacks.
    expect(wayOntoChain(lossy, place(1, 201))).toBe('rewind');
    expect(isPastLossyFork(lossy, place(1, 201))).toBe(false);
    expect(isPastLossyFork(lossy, undefined)).toBe(false);
  });

  test('is cloning when nothing is shared', () => {
    expect(wayOntoChain(lineage, undefined)).toBe('clone');
  });
});

describe('of two places', () => {
  const anyPlace = fc.record({
    index: fc.nat(3),
    lsn: fc.nat(3).map(at),
    onChain: fc.boolean(),
  });

  test('the later timeline is further, however small its position', () => {
    expect(
      comparePositions({ index: 1, lsn: at(10), onChain: true }, { index: 0, lsn: at(99), onChain: true }),
    ).toBeGreaterThan(0);
  });

  test('the order is total and does not contradict itself', () => {
    fc.assert(
      fc.property(anyPlace, anyPlace, anyPlace, (one, two, three) => {
        expect(Math.sign(comparePositions(one, two)) + Math.sign(comparePositions(two, one))).toBe(0);
        expect(comparePositions(one, one)).toBe(0);
        if (comparePositions(one, two) <= 0 && comparePositions(two, three) <= 0) {
          expect(comparePositions(one, three)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });
});
