import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Coordinator } from '../../coordinator/coordinator';
import type { NodeProbes } from '../../coordinator/node-probes';
import { parseLsn, ZERO_LSN } from '../../core/lsn';
import type { Slot } from '../../core/member';
import { DEFAULT_POLICY } from '../../core/policy';
import type { NodeReport } from '../../core/status';
import type { PerSlot } from '../../register';
import { seen, starved } from './support/evidence';
import { ManualClock } from './support/manual-clock';
import { recordedLog } from './support/recorded-log';
import { a, ADDRESS, b, c, MEMBER, SLOTS, steady } from './support/records';
import { RegisterInMemory } from './support/register-in-memory';

/** A service that is gone: neither an answer nor a refusal. */
const silence = (): Promise<never> => new Promise(() => undefined);

class Register extends RegisterInMemory {
  readReports(): Promise<PerSlot<NodeReport>> {
    const report = (slot: Slot): NodeReport => {
      const name = slot as 'a' | 'b' | 'c';
      return { slot, address: ADDRESS[name], instanceId: `i-${slot}`, member: MEMBER[name], hasHistory: true };
    };
    return Promise.resolve({ found: new Map(SLOTS.map((slot) => [slot, report(slot)])), malformed: [] });
  }
  readCa() {
    return Promise.resolve({ certificate: 'the CA', secretVersionId: 'one' });
  }
}

let clock: ManualClock;
let register: Register;
let isPrimaryLost: boolean;
let isOver: boolean;
let coordinator: Coordinator;
let ended: Promise<void>;

/**
 * Agents answer, and nothing else outside does: not Route 53, the resolver, Auto Scaling, and, since there is no password
 * without Secrets Manager, not PostgreSQL.
 */
beforeEach(() => {
  clock = new ManualClock();
  register = new Register(() => clock.monotonicMs());
  register.record = steady(1);
  isPrimaryLost = false;
  isOver = false;
  coordinator = new Coordinator({
    by: 'health checker',
    slots: SLOTS,
    zoneName: 'shop.test',
    policy: DEFAULT_POLICY,
    register,
    makeProbes: ({ slot }) => probes(slot as 'a' | 'b' | 'c'),
    zone: { read: silence, change: silence },
    names: { addresses: silence, texts: silence },
    groups: { held: silence, letGo: silence },
    stalledMs: () => 0,
    freshEpoch: () => 'fresh',
    clock,
    log: recordedLog().log,
  });
  ended = coordinator.run(() => isOver);
});

afterEach(async () => {
  isOver = true;
  coordinator.wake();
  await Promise.race([ended, clock.pass(1_000)]);
});

function probes(slot: 'a' | 'b' | 'c'): NodeProbes {
  const status = () => {
    if (slot === 'a') return isPrimaryLost ? silence() : Promise.resolve(seen('a', 'primary').status);
    return Promise.resolve((isPrimaryLost ? starved(slot) : seen(slot, 'standby')).status);
  };
  return {
    status: status as NodeProbes['status'],
    liveness: silence,
    knock: silence,
    localWrite: silence,
    synchronousWrite: silence,
    endWrites: () => undefined,
    look: () => Promise.resolve(),
    close: () => undefined,
  };
}

describe('with everything outside gone but the register and the nodes', () => {
  test('nothing fails over while the primary lives, and people are told what is seen', async () => {
    await clock.pass(60_000);
    expect(register.record).toEqual(steady(1));
    expect(register.views.at(-1)).toMatchObject({ by: 'health checker', version: 5, slots: [{ slot: 'a' }, {}, {}] });
    expect(register.views.length).toBeGreaterThan(5);
  });

  test('a lost primary is replaced as quickly as ever', async () => {
    await clock.pass(5_000);
    isPrimaryLost = true;
    await clock.pass(DEFAULT_POLICY.hostSilentMs + 1_000);
    expect(register.record).toMatchObject({ phase: 'electing', term: 2 });
    for (const [slot, member] of [
      [b, MEMBER.b],
      [c, MEMBER.c],
    ] as const) {
      register.pledges.set(slot, {
        member,
        term: 2,
        endLsn: parseLsn('0/3000148'),
        ancestry: [{ timeline: 1, forkLsn: ZERO_LSN, firstRecord: '' }],
        electable: true,
        address: ADDRESS[slot as 'b'],
      });
    }
    await clock.pass(1_000);
    expect(register.record).toMatchObject({ phase: 'promoting', term: 2, primary: { member: MEMBER.b } });
    expect(register.record).not.toMatchObject({ primary: { address: ADDRESS[a as 'a'] } });
  });
});

test('with the register gone nothing is judged, decided or moved; and all goes on when it is back', async () => {
  await clock.pass(5_000);
  register.isOut = true;
  await clock.pass(120_000);
  expect(register.record).toEqual(steady(1));
  register.isOut = false;
  await clock.pass(5_000);
  expect(register.record).toEqual(steady(1));
  isPrimaryLost = true;
  await clock.pass(DEFAULT_POLICY.hostSilentMs + 1_000);
  expect(register.record).toMatchObject({ phase: 'electing', term: 2 });
});
