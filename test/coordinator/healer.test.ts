import { beforeEach, describe, expect, it } from '@jest/globals';
import type { SlotEvidence } from '../../core/evidence';
import { guarantee } from '../../core/guarantee';
import { DEFAULT_POLICY } from '../../core/policy';
import type { ClusterRecord } from '../../core/record';
import { Healer, type HeldInstance } from '../../coordinator/healer';
import { seen, silent, statusOf } from './support/evidence';
import { ManualClock, settled } from './support/manual-clock';
import { recordedLog } from './support/recorded-log';
import { electing, MEMBER, steady } from './support/records';

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
    policy: DEFAULT_POLICY,
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

/** Without slot c. */
const goneOn = steady(1, { guarantees: [guarantee(MEMBER.a, [MEMBER.b], 1)] });

describe('a host that a hook holds', () => {
  const healthy = [seen('a', 'primary'), seen('b', 'standby')];

  it('is let go when neither its agent nor its PostgreSQL was heard for long', async () => {
    hold('c');
    await beats(steady(1), [...healthy, { ...seen('c', 'standby'), ...LOST }], 0);
    expect(letGo).toEqual(['i-c']);
  });

  const briefly = { statusAgeMs: DEFAULT_POLICY.letGoMs, postgresAgeMs: DEFAULT_POLICY.letGoMs };

  it('is let go within seconds when the cluster has gone on without it', async () => {
    hold('c');
    await beats(goneOn, [...healthy, { ...seen('c', 'standby'), ...briefly }], 0);
    expect(letGo).toEqual(['i-c']);
  });

  it('is let go within seconds when it was the primary, and another one has taken over', async () => {
    hold('a');
    const record = steady(2, { guarantees: [guarantee(MEMBER.b, [MEMBER.c], 1)] });
    const dead = { ...silent('a', 60_000), ...briefly };
    await beats(record, [dead, seen('b', 'primary'), seen('c', 'standby')], 0);
    expect(letGo).toEqual(['i-a']);
  });

  it('is kept as long as a guarantee counts on it, though it has been silent for seconds', async () => {
    hold('c');
    const slots = [...healthy, { ...seen('c', 'standby'), ...briefly }];
    await beats(steady(1), slots, 15_000);
    const changing = steady(1, { guarantees: [...steady(1).guarantees, ...goneOn.guarantees] });
    await beats(changing, slots, 15_000);
    expect(letGo).toEqual([]);
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

  it.each([
    ['ten seconds, if the cluster has gone on without it', goneOn, 5_000, 6_000],
    ['half a minute, if a guarantee counts on it', steady(1), 25_000, 10_000],
  ])(
    'is let go when its successor, which waits for the volume, has reported for %s',
    async (_how, record, tooShortMs, moreMs) => {
      hold('c', 'i-dead');
      const waiting = { ...statusOf('c', 'standby'), healthy: false, activity: 'attaching volume' };
      const slots = [...healthy, seen('c', 'standby', { status: waiting })];
      await beats(record, slots, tooShortMs);
      expect(letGo).toEqual([]);
      await beats(record, slots, moreMs);
      expect(letGo).toEqual(['i-dead']);
    },
  );

  it('is kept while it may be the primary whose successor already reports', async () => {
    hold('a', 'i-old');
    const report = { slot: 'a', address: '10.0.0.99', instanceId: 'i-new', member: null, hasHistory: false };
    const status = { ...statusOf('a', 'standby'), healthy: false };
    await beats(steady(1), [seen('a', 'primary', { report, status }), seen('b', 'standby')], 60_000);
    expect(letGo).toEqual([]);
  });
});

describe('Auto Scaling', () => {
  it('is not asked while every slot is well, and every five seconds while one is not', async () => {
    const slots = [seen('a', 'primary'), seen('b', 'standby'), seen('c', 'standby')];
    await beats(steady(1), slots, 30_000);
    expect(looks).toBe(0);
    await beats(steady(1), [...slots.slice(0, 2), { ...seen('c', 'standby'), ...LOST }], 30_000);
    expect(looks).toBe(7);
  });
});
