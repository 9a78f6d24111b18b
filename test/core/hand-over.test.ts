import { describe, expect, test } from '@jest/globals';
import { guarantee } from '../../core/guarantee';
import type { StandbyView } from '../../core/guarantee-change';
import { heirFor, heirOfLeaving, heirsOf, roomierHeir, type HandOverView } from '../../core/hand-over';
import type { Slot } from '../../core/member';
import { explainNode, type NodeDecision, type NodeView } from '../../core/node';
import { DEFAULT_POLICY } from '../../core/policy';
import type { ClusterRecord, Switchover } from '../../core/record';
import { A, addressOf, B, C, D, E, electing, promoting, steady, SYSTEM_ID } from './support/records';
import { read, unreadable } from './support/views';

const LIMITS = { caughtUpBytes: DEFAULT_POLICY.caughtUpBytes, acks: 1 };

function ready(member: StandbyView['member'], overrides: Partial<StandbyView> = {}): StandbyView {
  return { member, streaming: true, lagBytes: 0, proved: true, lostMs: 0, leaving: false, ...overrides };
}

describe('who could take over', () => {
  test('the one that is least behind comes first', () => {
    expect(heirsOf(steady(), [ready(B, { lagBytes: 10 }), ready(C)], LIMITS)).toEqual([C, B]);
    expect(heirsOf(steady(), [ready(C), ready(B)], LIMITS)).toEqual([B, C]);
  });

  test.each<[string, Partial<StandbyView>]>([
    ['does not stream', { streaming: false }],
    ['has not proved its timeline', { proved: false }],
    ['has an agent that does not answer', { lostMs: 1 }],
    ['is about to go itself', { leaving: true }],
    ['is far behind', { lagBytes: DEFAULT_POLICY.caughtUpBytes + 1 }],
  ])('not one that %s', (_what, flaw) => {
    const five = steady({ guarantees: [guarantee(A, [B, C, D, E], 2)] });
    expect(heirsOf(five, [ready(B, flaw), ready(C), ready(D), ready(E)], LIMITS)).toEqual([C, D, E]);
  });

  test('nobody, while those who are ready could not finish an election without the primary', () => {
    expect(heirsOf(steady(), [ready(B), ready(C, { streaming: false })], LIMITS)).toEqual([]);
    const changing = steady({ guarantees: [guarantee(A, [B, D], 1), guarantee(A, [B, C], 1)] });
    expect(heirsOf(changing, [ready(B), ready(C)], LIMITS)).toEqual([]);
    expect(heirsOf(changing, [ready(B), ready(C), ready(D)], LIMITS)).toEqual([B, C]);
  });

  test('not one that no guarantee names yet', () => {
    const record = steady({ guarantees: [guarantee(A, [B], 1)] });
    expect(heirsOf(record, [ready(B), ready(C)], LIMITS)).toEqual([B]);
  });

  test('nobody, while the guarantee is degraded; but whoever is ready where that is the owner’s choice', () => {
    const alone = steady({ guarantees: [guarantee(A, [], 0)] });
    expect(heirsOf(alone, [ready(B)], LIMITS)).toEqual([]);
    expect(heirsOf(alone, [ready(B), ready(C)], { ...LIMITS, acks: 0 })).toEqual([B, C]);
  });

  test('of a node that is to go: one that a redeploy has replaced already, else the one that it replaces last', () => {
    const slot = (name: string) => name as Slot;
    expect(heirOfLeaving(slot('b'), [A, C])).toBe(C);
    expect(heirOfLeaving(slot('c'), [B, A])).toBe(A);
    expect(heirOfLeaving(slot('a'), [C, B])).toBe(C);
    expect(heirOfLeaving(slot('a'), [])).toBeUndefined();
  });

  test('the wanted one and nobody else, or the first of all', () => {
    const wish: Switchover = { by: 'operator', requestedAtMs: 1 };
    expect(heirFor(wish, [C, B])).toBe(C);
    expect(heirFor({ ...wish, to: B }, [C, B])).toBe(B);
    expect(heirFor({ ...wish, to: D }, [C, B])).toBeUndefined();
    expect(heirFor(wish, [])).toBeUndefined();
  });
});

describe('a primary whose volume is nearly full', () => {
  const standbys = [
    { ...ready(B), space: 'tight' },
    { ...ready(C), space: 'ample' },
  ] as const;

  test('hands over to a standby with ample space and to no other', () => {
    expect(roomierHeir('full', [B, C], standbys)).toBe(C);
    expect(roomierHeir('full', [B], standbys)).toBeUndefined();
    expect(roomierHeir('full', [B], [ready(B)])).toBeUndefined();
    expect(roomierHeir('tight', [B, C], standbys)).toBeUndefined();
    expect(roomierHeir(undefined, [B, C], standbys)).toBeUndefined();
  });
});

describe('a primary that is asked to hand over', () => {
  const wished = steady({ switchover: { to: B, by: 'operator', requestedAtMs: 1 } });

  function decide(
    record: ClusterRecord,
    handOver: Partial<HandOverView>,
    overrides: Partial<NodeView> = {},
  ): NodeDecision {
    return explainNode({
      policy: DEFAULT_POLICY,
      slot: 'a' as Slot,
      address: addressOf(A),
      register: read(record),
      directory: 'ready',
      member: A,
      pledgedTerm: 1,
      reportedTerm: 0,
      markedStandby: false,
      postgres: {
        state: 'up',
        inRecovery: false,
        stateForMs: 60_000,
        end: undefined,
        streaming: false,
        systemId: SYSTEM_ID,
      },
      upstream: undefined,
      starved: false,
      leavingForMs: undefined,
      handOver: { heirs: [B, C], wishedForMs: 100, checkpoint: 'done', ...handOver },
      ...overrides,
    });
  }

  test('does so when the wanted one is ready and the checkpoint is made', () => {
    expect(decide(wished, {})).toMatchObject({ rule: 'N46-hand-over', action: { kind: 'hand-over' } });
  });

  test('serves on while the checkpoint is being made, however long, and while the wanted one may still come', () => {
    expect(decide(wished, { checkpoint: 'under way', wishedForMs: 60_000 }).rule).toBe('N55-serve');
    const almost = DEFAULT_POLICY.switchoverPatienceMs;
    expect(decide(wished, { heirs: [C], checkpoint: 'none', wishedForMs: almost }).rule).toBe('N55-serve');
  });

  test('gives up when the wanted one does not come, and says which', () => {
    const late = DEFAULT_POLICY.switchoverPatienceMs + 1;
    expect(decide(wished, { heirs: [C], checkpoint: 'none', wishedForMs: late })).toMatchObject({
      rule: 'N47-not-ready',
      action: { kind: 'withdraw', why: `${B} is not ready` },
    });
    const any = steady({ switchover: { by: 'operator', requestedAtMs: 1 } });
    expect(decide(any, { heirs: [], wishedForMs: late })).toMatchObject({
      action: { why: 'no standby is ready' },
    });
  });

  test('gives up when the checkpoint fails', () => {
    expect(decide(wished, { checkpoint: 'failed' }).rule).toBe('N48-no-checkpoint');
  });

  test('asks by itself when its instance is about to go, as soon as somebody is ready', () => {
    const leaving = { leavingForMs: 100 };
    expect(decide(steady(), { wishedForMs: undefined, checkpoint: 'none' }, leaving).rule).toBe('N49-ask');
    expect(decide(steady(), { heirs: [], checkpoint: 'none' }, leaving).rule).toBe('N55-serve');
    expect(decide(wished, { checkpoint: 'under way' }, leaving).rule).toBe('N55-serve');
  });

  test('asks by itself when its volume is nearly full and a standby has ample space', () => {
    const full = { heirs: [B, C], wishedForMs: undefined, checkpoint: 'none', roomier: C } as const;
    expect(decide(steady(), full)).toMatchObject({
      rule: 'N93-no-room',
      action: { kind: 'ask', to: C, by: 'full-disk' },
    });
    expect(decide(steady({ paused: true }), full).rule).toBe('N55-serve');
    expect(decide(wished, { ...full, checkpoint: 'under way' }).rule).toBe('N55-serve');
    const justNow = { ...full, askedForRoomMs: DEFAULT_POLICY.betweenFailoversMs };
    expect(decide(steady(), justNow).rule).toBe('N55-serve');
  });

  test('starts as a standby only when those that clients wait for have had a moment', () => {
    const down = { state: 'down', inRecovery: undefined, stateForMs: 1, end: undefined } as const;
    const gone = { ...down, streaming: false, systemId: undefined };
    const { handedOverMs } = DEFAULT_POLICY;
    const resting = { markedStandby: true, postgres: gone, handedOverMs: handedOverMs - 1 };
    const rested = { ...resting, handedOverMs };
    for (const [record, rest, start] of [
      [electing(), 'N22-rest', 'N25-start'],
      [promoting(), 'N22-rest', 'N25-start'],
      [steady({ primary: { member: B, address: addressOf(B) }, term: 2 }), 'N94-rest', 'N64-start'],
    ] as const) {
      expect(decide(record, {}, resting).rule).toBe(rest);
      expect(decide(record, {}, rested).rule).toBe(start);
    }
  });

  test('only goes forward once its directory is marked, whatever the record says by then', () => {
    const marked = { markedStandby: true };
    const stopped = { state: 'down', inRecovery: undefined, stateForMs: 0, end: undefined } as const;
    const gone = { ...stopped, streaming: false, systemId: undefined };
    for (const record of [wished, steady()]) {
      expect(decide(record, {}, marked).rule).toBe('N59-stop-on');
      expect(decide(record, {}, { ...marked, postgres: gone }).rule).toBe('N58-stopped');
    }
  });

  test('serves again when it has stopped and the register does not answer', () => {
    const gone = { state: 'down', inRecovery: undefined, stateForMs: 0, end: undefined } as const;
    const stopped = { markedStandby: true, postgres: { ...gone, streaming: false, systemId: undefined } };
    expect(decide(wished, {}, { ...stopped, register: unreadable(wished) })).toMatchObject({
      rule: 'N89-serve-again',
      action: { kind: 'start', as: 'primary', unmark: true },
    });
    // Not when it was not for a switchover, and not when it has pledged.
    expect(decide(wished, {}, { ...stopped, register: unreadable(steady()) }).rule).toBe('N83-marked');
    expect(decide(wished, {}, { ...stopped, register: unreadable(wished), pledgedTerm: 2 }).rule).toBe(
      'N81-older-than-pledge',
    );
  });
});
