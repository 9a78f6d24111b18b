import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ViewInput } from '../../core/coordinator-view';
import type { EndpointPlan } from '../../core/endpoints';
import type { SlotEvidence } from '../../core/evidence';
import { parseLsn, ZERO_LSN } from '../../core/lsn';
import type { Member, Slot } from '../../core/member';
import type { Pledge } from '../../core/pledge';
import { DEFAULT_POLICY } from '../../core/policy';
import { Loop } from '../../coordinator/loop';
import { TIMING } from '../../coordinator/timing';
import { seen, silent, starved } from './support/evidence';
import { ManualClock, settled } from './support/manual-clock';
import { recordedLog, type RecordedLog } from './support/recorded-log';
import { a, ADDRESS, b, bootstrapping, c, electing, MEMBER, SLOTS, steady } from './support/records';
import { RegisterInMemory } from './support/register-in-memory';

const HEALTHY = [seen('a', 'primary'), seen('b', 'standby'), seen('c', 'standby')];
const PRIMARY_LOST = [silent('a', 2_000), starved('b'), starved('c')];

let clock: ManualClock;
let register: RegisterInMemory;
let log: RecordedLog;
let evidence: readonly SlotEvidence[];
let isSuspicious: boolean;
let watched: Slot | undefined;
let hints: number;
let plans: EndpointPlan[];
let views: Omit<ViewInput, 'by'>[];
let stalledMs: number;
let isOver: boolean;
let loop: Loop;
let ended: Promise<void>;

beforeEach(() => {
  clock = new ManualClock();
  register = new RegisterInMemory(() => clock.monotonicMs());
  log = recordedLog();
  evidence = HEALTHY;
  isSuspicious = false;
  watched = undefined;
  hints = 0;
  plans = [];
  views = [];
  stalledMs = 0;
  isOver = false;
  loop = new Loop({
    slots: SLOTS,
    policy: DEFAULT_POLICY,
    register,
    observer: {
      evidence: () => evidence,
      isSuspicious: () => isSuspicious,
      setPrimary: (next) => (watched = next),
      hintAll: () => (hints += 1),
    },
    endpoints: { keep: (plan) => plans.push(plan) },
    dns: { check: () => undefined },
    healer: { heal: () => undefined },
    view: { keep: (input) => views.push(input) },
    stalledMs: () => stalledMs,
    freshEpoch: () => 'fresh',
    clock,
    log: log.log,
  });
});

afterEach(async () => {
  isOver = true;
  loop.wake();
  await ended;
});

function start(): void {
  ended = loop.run(() => isOver);
}

function pledge(slot: Slot, member: Member, address: string, endLsn: string): void {
  const promise: Pledge = {
    member,
    term: 2,
    endLsn: parseLsn(endLsn),
    ancestry: [{ timeline: 1, forkLsn: ZERO_LSN, firstRecord: '' }],
    electable: true,
    address,
  };
  register.pledges.set(slot, promise);
}

describe('the beat', () => {
  it('comes twice a second while all is well, and changes nothing', async () => {
    register.record = steady(1);
    start();
    await clock.pass(2_000);
    expect(register.reads).toEqual([1_000, 1_500, 2_000, 2_500, 3_000]);
    expect(register.pledgeReads).toEqual([]);
    expect(register.record).toEqual(steady(1));
    expect(watched).toBe(a);
  });

  it('comes faster while the primary is not heard', async () => {
    register.record = steady(1);
    isSuspicious = true;
    start();
    await clock.pass(450);
    expect(register.reads).toEqual([1_000, 1_150, 1_300, 1_450]);
  });

  it('comes at once when there is news', async () => {
    register.record = steady(1);
    start();
    await clock.pass(120);
    loop.wake();
    await clock.pass(0);
    expect(register.reads).toEqual([1_000, 1_120]);
  });

  it('keeps the endpoints as the steady record has them', async () => {
    register.record = steady(1);
    start();
    await settled();
    expect(plans).toEqual([{ guardVersion: 5, writerAddress: ADDRESS.a, readerAddresses: [ADDRESS.b, ADDRESS.c] }]);
  });

  it('gives what it saw, found and planned to whoever keeps it for people', async () => {
    register.record = steady(1);
    evidence = [seen('a', 'primary'), seen('b', 'standby'), starved('c')];
    start();
    await settled();
    expect(views).toHaveLength(1);
    expect(views[0]).toMatchObject({
      ...{ snapshot: { record: { term: 1 } }, waiting: 'no finding convicts the primary', endpoints: plans[0] },
      findings: [],
    });
    expect(views[0]?.endpoints?.writerInPlace).toBe(false);
    loop.tellFlip(5, clock.wallMs());
    await clock.pass(500);
    expect(views).toHaveLength(2);
    expect(views[1]?.endpoints?.writerInPlace).toBe(true);
  });

  it('does not take the readers away from standbys that it has not yet heard', async () => {
    register.record = steady(1);
    evidence = [HEALTHY[0]!, { ...HEALTHY[1]!, status: undefined, statusAgeMs: null, watchedMs: 0 }, HEALTHY[2]!];
    start();
    await clock.pass(2_900);
    expect(plans).toEqual([]);
    await clock.pass(600);
    expect(plans[0]?.readerAddresses).toEqual([ADDRESS.c]);
  });

  it('does nothing without the register, says so once, and goes on when it is back', async () => {
    register.record = steady(1);
    evidence = PRIMARY_LOST;
    register.isOut = true;
    start();
    await clock.pass(5_000);
    expect(log.codes().filter((code) => code === 'register-unreadable')).toHaveLength(1);
    expect(register.record).toEqual(steady(1));
    register.isOut = false;
    await clock.pass(600);
    expect(register.record).toMatchObject({ phase: 'electing', term: 2 });
  });

  it('tells a finding when it comes and when it goes', async () => {
    register.record = steady(1);
    evidence = [silent('a', 2_000), seen('b', 'standby'), seen('c', 'standby')];
    start();
    await clock.pass(2_000);
    evidence = HEALTHY;
    await clock.pass(1_000);
    const told = log.lines.filter(({ code }) => String(code).startsWith('finding'));
    expect(told.map(({ code, finding, slot }) => [code, finding, slot])).toEqual([
      ['finding', 'primary-unseen', 'a'],
      ['finding-gone', 'primary-unseen', 'a'],
    ]);
    expect(register.record).toEqual(steady(1));
  });
});

describe('a failover', () => {
  beforeEach(() => {
    register.record = steady(1);
  });

  it('goes from conviction to choice at the pace of the pledges, and is told twice', async () => {
    start();
    await clock.pass(600);
    evidence = PRIMARY_LOST;
    loop.wake();
    await clock.pass(0);
    expect(register.record).toMatchObject({
      phase: 'electing',
      term: 2,
      election: { reason: 'primary-host-silent', deposed: MEMBER.a },
    });
    expect(hints).toBe(1);
    expect(watched).toBeUndefined();
    expect(loop.isBusy).toBe(true);

    pledge(b, MEMBER.b, ADDRESS.b, '0/4000000');
    await clock.pass(100);
    expect(register.record).toMatchObject({ phase: 'electing' });
    pledge(c, MEMBER.c, ADDRESS.c, '0/5000000');
    await clock.pass(TIMING.electionMs);
    expect(register.record).toMatchObject({ phase: 'promoting', primary: { member: MEMBER.c, address: ADDRESS.c } });
    expect(hints).toBe(2);

    const version = 8;
    register.record = steady(2, {
      version,
      endpointVersion: version,
      primary: { member: MEMBER.c, address: ADDRESS.c },
    });
    evidence = [silent('a', 3_000), seen('b', 'standby'), seen('c', 'primary')];
    await clock.pass(TIMING.electionMs);
    expect(plans.at(-1)).toEqual({
      guardVersion: version,
      writerAddress: ADDRESS.c,
      readerAddresses: [ADDRESS.b],
    });
    const seenAtMs = clock.wallMs();
    loop.tellFlip(version, seenAtMs + 30);
    await settled();
    const event = {
      term: 2,
      reason: 'primary-host-silent',
      from: MEMBER.a,
      to: MEMBER.c,
      suspectedAtMs: expect.any(Number),
      convictedAtMs: expect.any(Number),
      chosenAtMs: 3_000,
      promotedAtMs: 4_000,
    };
    expect(register.events).toEqual([event, { ...event, flippedAtMs: seenAtMs + 30 }]);
    expect(loop.isBusy).toBe(false);
  });

  it('looks for the missing pledges ten times a second, and for all else five times', async () => {
    register.record = electing(2);
    pledge(b, MEMBER.b, ADDRESS.b, '0/4000000');
    start();
    await clock.pass(1_000);
    expect(register.reads.map((atMs) => atMs - 1_000)).toEqual([0, 200, 400, 600, 800, 1_000]);
    expect(register.pledgeReads).toHaveLength(10);
    expect(register.pledgeReads.slice(0, 4)).toEqual(['abc', 'abc', 'ac', 'abc']);
  });

  it('does not hurry for ever', async () => {
    register.record = electing(2);
    start();
    await clock.pass(15_000);
    const before = register.pledgeReads.length;
    isSuspicious = true;
    await clock.pass(3_000);
    expect(register.pledgeReads.length - before).toBe(20);
  });

  it('does not begin when this process itself was not running', async () => {
    evidence = PRIMARY_LOST;
    stalledMs = 2_000;
    start();
    await settled();
    expect(register.record).toEqual(steady(1));
    expect(log.lines).toContainEqual(expect.objectContaining({ code: 'finding', finding: 'blind' }));
    stalledMs = 0;
    await clock.pass(500);
    expect(register.record).toMatchObject({ phase: 'electing' });
  });

  it('does not begin in a beat that came late', async () => {
    start();
    await settled();
    evidence = PRIMARY_LOST;
    clock.stall(1_500);
    await clock.pass(0);
    expect(register.record).toEqual(steady(1));
  });

  it('is left to whoever was faster', async () => {
    evidence = PRIMARY_LOST;
    start();
    await settled();
    expect(hints).toBe(1);
    register.record = electing(2, { version: 6 });
    pledge(b, MEMBER.b, ADDRESS.b, '0/4000000');
    pledge(c, MEMBER.c, ADDRESS.c, '0/4000000');
    register.beforeReplacing = () => (register.record = electing(3, { version: 7 }));
    await clock.pass(TIMING.electionMs);
    expect(register.record).toMatchObject({ phase: 'electing', term: 3, version: 7 });
    expect(hints).toBe(1);
    expect(log.codes()).toContain('refused');
  });
});

describe('an empty register', () => {
  it('gets its first record when every agent has been heard', async () => {
    evidence = HEALTHY.map((each) => ({ ...each, report: { ...each.report!, hasHistory: false } }));
    const complete = evidence;
    evidence = [...complete.slice(0, 2), { ...complete[2]!, status: undefined, statusAgeMs: null }];
    start();
    await clock.pass(1_000);
    expect(register.record).toBeUndefined();
    expect(log.lines).toContainEqual(
      expect.objectContaining({ code: 'waiting', reason: 'waiting for the agents of c' }),
    );
    evidence = complete;
    await clock.pass(500);
    expect(register.record).toEqual(bootstrapping({ epoch: 'fresh' }));
    expect(hints).toBe(1);
  });
});
