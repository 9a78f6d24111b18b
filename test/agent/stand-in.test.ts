import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { PeerView } from '../../agent/peers';
import { type Role, StandIn } from '../../agent/stand-in';
import { DEFAULT_POLICY } from '../../core/policy';
import type { ClusterRecord } from '../../core/record';
import type { NodeStatus } from '../../core/status';
import type { Beat } from '../../register';
import { statusOf } from '../coordinator/support/evidence';
import { ManualClock } from '../coordinator/support/manual-clock';
import { a, b, c, electing, steady } from '../coordinator/support/records';
import { recordedLog } from './support/lines';

const { coordinatorSilentMs, unseenMs } = DEFAULT_POLICY;

/** A coordinator that only says whether it runs. */
class FakeRole implements Role {
  isBusy = false;
  isRunning = false;
  private end: (() => void) | undefined;
  private fail: ((error: Error) => void) | undefined;
  private isOver: () => boolean = () => true;

  async run(isOver: () => boolean): Promise<void> {
    this.isOver = isOver;
    this.isRunning = true;
    try {
      await new Promise<void>((resolve, reject) => {
        this.end = resolve;
        this.fail = reject;
      });
    } finally {
      this.isRunning = false;
    }
  }

  wake(): void {
    if (this.isOver()) this.end?.();
  }

  break(): void {
    this.fail?.(new Error('a defect'));
  }
}

let clock: ManualClock;
let isBeating: boolean;
let record: ClusterRecord | undefined;
let registerAgeMs: number;
let own: NodeStatus;
let peers: PeerView[];
let roles: FakeRole[];
let standIn: StandIn;
let codes: () => unknown[];
let ended: Promise<void>;

beforeEach(() => {
  clock = new ManualClock();
  isBeating = true;
  record = steady(1);
  registerAgeMs = 100;
  own = statusOf('b', 'standby');
  peers = [
    { slot: a, address: '10.0.0.10', status: statusOf('a', 'primary'), statusAgeMs: 200 },
    { slot: c, address: '10.0.2.10', status: statusOf('c', 'standby'), statusAgeMs: 200 },
  ];
  roles = [];
  const { log, lines } = recordedLog();
  codes = () => lines.map((line) => (line as { code: unknown }).code);
  standIn = new StandIn({
    policy: DEFAULT_POLICY,
    slot: b,
    register: { readBeat: () => Promise.resolve(beat()) },
    watch: { lastSeen: () => record, ageMs: () => registerAgeMs },
    peers: { views: () => peers },
    status: () => own,
    takeRole: () => {
      const role = new FakeRole();
      roles.push(role);
      return role;
    },
    clock,
    log,
  });
  ended = standIn.run();
});

afterEach(async () => {
  standIn.stop();
  await ended;
});

function beat(): Beat {
  const count = isBeating ? Math.round(clock.monotonicMs()) : 0;
  return { invocationId: 'one', generation: 1, count, startedAtMs: 0, atMs: 0 };
}

const running = () => roles.filter(({ isRunning }) => isRunning).length;

describe('an agent', () => {
  test('lets the health checker coordinate while that beats', async () => {
    await clock.pass(60_000);
    expect(roles).toHaveLength(0);
    expect(standIn.isCoordinating).toBe(false);
  });

  test('coordinates when it is silent, and steps aside when it is back', async () => {
    isBeating = false;
    await clock.pass(coordinatorSilentMs + 2_000);
    expect([standIn.isCoordinating, running()]).toEqual([true, 1]);
    await clock.pass(60_000);
    expect(roles).toHaveLength(1);
    isBeating = true;
    await clock.pass(2_000);
    expect([standIn.isCoordinating, running()]).toEqual([false, 0]);
    expect(codes()).toEqual(expect.arrayContaining(['stands-in', 'steps-aside']));
  });

  test('sees a failover through before it steps aside', async () => {
    isBeating = false;
    await clock.pass(coordinatorSilentMs + 2_000);
    isBeating = true;
    for (const role of roles) role.isBusy = true;
    await clock.pass(10_000);
    expect(running()).toBe(1);
    for (const role of roles) role.isBusy = false;
    await clock.pass(2_000);
    expect(running()).toBe(0);
  });

  test('leaves the role when the register does not answer it', async () => {
    isBeating = false;
    await clock.pass(coordinatorSilentMs + 2_000);
    registerAgeMs = coordinatorSilentMs + 1;
    await clock.pass(2_000);
    expect(running()).toBe(0);
  });

  test('looks for itself when nobody feeds its standby and the primary is silent, though the health checker beats', async () => {
    own = { ...own, postgres: { ...own.postgres, fedAgeMs: unseenMs } };
    peers = peers.map((peer) => (peer.slot === a ? { ...peer, statusAgeMs: unseenMs } : peer));
    await clock.pass(2_000);
    expect(running()).toBe(1);
    // The election has begun, and ends: it is no longer needed.
    record = electing(2);
    await clock.pass(2_000);
    expect(running()).toBe(0);
  });

  test('looks for itself when an election does not end, though the health checker beats', async () => {
    record = electing(2);
    await clock.pass(DEFAULT_POLICY.electionStuckMs + 2_000);
    expect(running()).toBe(1);
    record = steady(2);
    await clock.pass(2_000);
    expect(running()).toBe(0);
  });

  test('begins anew when its coordinator fails', async () => {
    isBeating = false;
    await clock.pass(coordinatorSilentMs + 2_000);
    for (const role of roles) role.break();
    await clock.pass(2_000);
    expect([roles.length, running()]).toEqual([2, 1]);
    expect(codes()).toContain('coordinating-failed');
  });

  test('that ends leaves the role', async () => {
    isBeating = false;
    await clock.pass(coordinatorSilentMs + 2_000);
    standIn.stop();
    await clock.pass(0);
    expect([standIn.isCoordinating, running()]).toEqual([false, 0]);
  });
});
