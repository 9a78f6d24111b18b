import { beforeEach, describe, expect, test } from '@jest/globals';
import { Departure } from '../../agent/departure';
import type { Leaving } from '../../agent/lifecycle';
import { recordedLog } from './support/lines';

const MAINTENANCE: Leaving = { kind: 'maintenance', reason: 'EC2 maintenance' };
const TERMINATING: Leaving = { kind: 'terminating', reason: 'Auto Scaling terminates this instance.' };
const SPOT: Leaving = { kind: 'spot', reason: 'EC2 takes it back' };

describe('a node', () => {
  let found: Leaving | undefined;
  let isHeld: boolean;
  let done: string[];
  let now: number;
  let departure: Departure;

  beforeEach(() => {
    found = undefined;
    isHeld = false;
    done = [];
    now = 0;
    const does = (what: string) => () => Promise.resolve(void done.push(what));
    departure = new Departure({
      leaving: () => Promise.resolve(found),
      holdBack: { holds: () => isHeld },
      termination: { holdBack: does('heartbeat'), letGo: does('let go') },
      log: recordedLog().log,
      onNews: () => done.push('news'),
      onReturn: () => done.push('return'),
      now: () => now,
    });
  });

  test('stays while nothing is announced', async () => {
    await departure.look();
    expect([departure.forMs, done]).toEqual([undefined, []]);
  });

  test('goes from the moment at which it is told to, and lets the instance go when it has left', async () => {
    found = TERMINATING;
    await departure.look();
    now = 70;
    await departure.look();
    expect([departure.forMs, done]).toEqual([70, ['news', 'heartbeat', 'heartbeat']]);
    await departure.left();
    expect([departure.isOver, done.at(-1)]).toEqual([true, 'let go']);
  });

  test('is held back for the sake of the others, and holds the termination back meanwhile', async () => {
    found = TERMINATING;
    isHeld = true;
    await departure.look();
    expect([departure.forMs, done]).toEqual([undefined, ['heartbeat']]);
    isHeld = false;
    await departure.look();
    expect(departure.forMs).toBe(0);
  });

  test('goes on when maintenance is called off before it has left', async () => {
    found = MAINTENANCE;
    await departure.look();
    found = undefined;
    await departure.look();
    expect([departure.forMs, done]).toEqual([undefined, ['news', 'news']]);
  });

  test('comes back when maintenance that it has left for is over', async () => {
    found = MAINTENANCE;
    await departure.look();
    await departure.left();
    await departure.look();
    expect(done).toEqual(['news']);
    found = undefined;
    await departure.look();
    expect(done).toEqual(['news', 'return']);
  });

  test('comes back when maintenance is called off while it is leaving', async () => {
    found = MAINTENANCE;
    await departure.look();
    found = undefined;
    await departure.look();
    await departure.left();
    expect(done).toEqual(['news', 'news', 'return']);
  });

  test('never comes back from a termination or a spot interruption', async () => {
    found = SPOT;
    await departure.look();
    await departure.left();
    found = undefined;
    await departure.look();
    expect([departure.forMs, done]).toEqual([0, ['news']]);
  });

  test('that has left for maintenance lets its instance go when it is terminated after all', async () => {
    found = MAINTENANCE;
    await departure.look();
    await departure.left();
    found = TERMINATING;
    await departure.look();
    expect(done).toEqual(['news', 'let go']);
  });
});
