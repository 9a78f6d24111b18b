import { beforeEach, describe, expect, it } from '@jest/globals';
import type { SlotEvidence } from '../../core/evidence';
import type { ClusterRecord } from '../../core/record';
import { Healer, type HeldInstance } from '../../coordinator/healer';
import { seen, silent, statusOf } from './support/evidence';
import { ManualClock, settled } from './support/manual-clock';
import { recordedLog } from './support/recorded-log';
import { electing, steady } from './support/records';

const LOST = { statusAgeMs: 60_000, postgresAgeMs: 60_000 };

let clock: ManualClock;
let held: HeldInstance[];
let letGo: string[];
let looks: number;
let healer: Healer;

beforeEach(() => {
  clock = new ManualClock();
  held = [];
  letGo = [];
  looks = 0;
  healer = new Healer({
    clock,
    log: recordedLog().log,
    groups: {
      held: () => {
        looks += 1;
        return Promise.resolve(held);
      },
      letGo: ({ instanceId }) => {
        letGo.push(instanceId);
        held = held.filter((each) => each.instanceId !== instanceId);
        return Promise.resolve();
      },
    },
  });
});

const hold = (slot: string, instanceId = `i-${slot}`) => held.push({ slot, instanceId, groupName: `group-${slot}` });

/** As the loop does it, beat after beat. */
async function beats(record: ClusterRecord, slots: readonly SlotEvidence[], durationMs: number): Promise<void> {
  for (let passedMs = 0; passedMs <= durationMs; passedMs += 500) {
    healer.heal(record, slots);
    await settled();
    await clock.pass(500);
  }
}

describe('a host that a hook holds', () => {
  const healthy = [seen('a', 'primary'), seen('b', 'standby')];

  it('is let go when neither its agent nor its PostgreSQL was heard for long', async () => {
    hold('c');
    await beats(steady(1), [...healthy, { ...seen('c', 'standby'), ...LOST }], 0);
    expect(letGo).toEqual(['i-c']);
  });

  it.each([
    ['its agent answers', { statusAgeMs: 300, postgresAgeMs: 60_000 }],
    ['its PostgreSQL answers', { statusAgeMs: 60_000, postgresAgeMs: 300 }],
    ['nobody has listened for long', { statusAgeMs: null, postgresAgeMs: null, watchedMs: 10_000 }],
  ])('is kept while %s', async (_why, evidence) => {
    hold('c');
    await beats(steady(1), [...healthy, { ...seen('c', 'standby'), ...evidence }], 15_000);
    expect(letGo).toEqual([]);
  });

  it('is kept if it is the recorded primary, or if nobody is', async () => {
    hold('a');
    const slots = [silent('a', 60_000), seen('b', 'standby')];
    await beats(steady(1), slots, 15_000);
    await beats(electing(2), slots, 15_000);
    expect(letGo).toEqual([]);
  });

  it('is let go when another instance has reported for its slot for half a minute, though that one waits for the volume', async () => {
    hold('c', 'i-dead');
    const waiting = { ...statusOf('c', 'standby'), healthy: false, activity: 'attaching volume' };
    const slots = [...healthy, seen('c', 'standby', { status: waiting })];
    await beats(steady(1), slots, 25_000);
    expect(letGo).toEqual([]);
    await beats(steady(1), slots, 10_000);
    expect(letGo).toEqual(['i-dead']);
  });

  it('is kept while it may be the primary whose successor already reports', async () => {
    hold('a', 'i-old');
    const report = { slot: 'a', address: '10.0.0.99', instanceId: 'i-new', member: null, hasHistory: false };
    const status = { ...statusOf('a', 'standby'), healthy: false };
    await beats(steady(1), [seen('a', 'primary', { report, status }), seen('b', 'standby')], 60_000);
    expect(letGo).toEqual([]);
  });
});

describe('Auto Scaling', () => {
  it('is not asked while every slot is well, and every ten seconds while one is not', async () => {
    const slots = [seen('a', 'primary'), seen('b', 'standby'), seen('c', 'standby')];
    await beats(steady(1), slots, 30_000);
    expect(looks).toBe(0);
    await beats(steady(1), [...slots.slice(0, 2), { ...seen('c', 'standby'), ...LOST }], 30_000);
    expect(looks).toBe(4);
  });
});
