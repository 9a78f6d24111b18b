import { describe, expect, test } from '@jest/globals';
import { guarantee } from '../../core/guarantee';
import type { Slot } from '../../core/member';
import {
  acceptLoss,
  pauseFailover,
  requestSwitchover,
  resumeFailover,
  withoutSwitchover,
  type Command,
  type KnownNode,
  type SwitchoverWish,
} from '../../core/operator';
import type { ClusterRecord } from '../../core/record';
import { A, B, bootstrapping, C, electing, promoting, steady } from './support/records';

const NODES: readonly KnownNode[] = [
  { slot: 'a', member: A },
  { slot: 'b', member: B },
  { slot: 'c', member: C },
];

function wish(to?: string): SwitchoverWish {
  return { by: 'operator', wallClockMs: 1_000, ...(to === undefined ? {} : { to: to as Slot }) };
}

function nextOf(command: Command): ClusterRecord {
  if (command.kind !== 'replace') throw new Error(`${command.kind}: ${command.reason}`);
  return command.next;
}

function reasonOf(command: Command): string {
  if (command.kind === 'replace') throw new Error('It was done.');
  return `${command.kind}: ${command.reason}`;
}

describe('pausing and resuming', () => {
  test.each([bootstrapping(), steady(), electing(), promoting()])('change nothing else ($phase)', (record) => {
    const paused = nextOf(pauseFailover(record));
    expect(paused).toEqual({ ...record, paused: true, version: record.version + 1 });
    expect(nextOf(resumeFailover(paused))).toEqual({ ...record, version: record.version + 2 });
  });

  test('say when it is so already', () => {
    expect(reasonOf(pauseFailover(steady({ paused: true })))).toBe('already: Automatic failover is paused already.');
    expect(reasonOf(resumeFailover(steady()))).toBe('already: Automatic failover is not paused.');
  });
});

describe('asking for a switchover', () => {
  test('stands in the record beside what is there, in the same term', () => {
    const record = steady();
    expect(nextOf(requestSwitchover(record, wish('b'), NODES))).toEqual({
      ...record,
      version: record.version + 1,
      switchover: { to: B, by: 'operator', requestedAtMs: 1_000 },
    });
  });

  test('names nobody when any standby will do', () => {
    expect(nextOf(requestSwitchover(steady(), wish(), []))).toMatchObject({
      switchover: { by: 'operator', requestedAtMs: 1_000 },
    });
  });

  test('is taken out without a trace', () => {
    const record = steady();
    const asked = nextOf(requestSwitchover(record, wish('c'), NODES));
    if (asked.phase !== 'steady') throw new Error(asked.phase);
    expect(withoutSwitchover(asked)).toEqual({ ...record, version: asked.version });
    expect(withoutSwitchover(record)).toEqual(record);
  });

  test('is possible while automatic failover is paused: it is explicit', () => {
    expect(requestSwitchover(steady({ paused: true }), wish(), NODES).kind).toBe('replace');
  });

  test('to a standby that is not counted on is left to the primary where nobody is', () => {
    const alone = steady({ guarantees: [guarantee(A, [], 0)] });
    expect(nextOf(requestSwitchover(alone, wish('c'), NODES))).toMatchObject({ switchover: { to: C } });
  });

  const underWay = steady({ switchover: { to: B, by: 'operator', requestedAtMs: 1 } });
  const anyUnderWay = steady({ switchover: { by: 'leaving', requestedAtMs: 1 } });
  test.each<[string, ClusterRecord, string | undefined, string]>([
    ['the primary itself', steady(), 'a', 'already: Slot a is the primary already.'],
    ['the same once more', underWay, 'b', 'already: A switchover to slot b is under way already.'],
    ['anybody, while one is under way', underWay, undefined, 'already: A switchover to slot b is under way already.'],
    ['anybody once more', anyUnderWay, undefined, 'already: A switchover to the best standby is under way already.'],
    [
      'another one meanwhile',
      underWay,
      'c',
      'refused: A switchover to slot b is under way. Wait until it is over and ask again.',
    ],
    [
      'a certain one meanwhile',
      anyUnderWay,
      'c',
      'refused: A switchover to the best standby is under way. Wait until it is over and ask again.',
    ],
    ['a slot that is none', steady(), 'e', 'refused: There is no slot e. Known are a, b, c, d.'],
    ['an empty slot', steady(), 'd', 'refused: Slot d holds no data yet. Wait until it follows the primary.'],
    [
      'one that has not caught up',
      steady({ guarantees: [guarantee(A, [B], 1)] }),
      'c',
      'refused: Slot c does not confirm commits: it is not there, or has not caught up. Wait until it has, or switch over to one of: b.',
    ],
    [
      'anybody during an election',
      electing(),
      'b',
      'refused: An election is on (term 2, primary-host-silent): nobody is there to hand over. Wait until it is over and ask again.',
    ],
    [
      'anybody during a promotion',
      promoting(),
      'b',
      'refused: An election is on (term 2, primary-host-silent): nobody is there to hand over. Wait until it is over and ask again.',
    ],
    [
      'anybody before there is a primary',
      bootstrapping(),
      'b',
      'refused: The cluster has no primary yet. Wait until it is set up.',
    ],
  ])('to %s tells what to do', (_what, record, to, said) => {
    const nodes = [...NODES, { slot: 'd', member: null }];
    expect(reasonOf(requestSwitchover(record, wish(to), nodes))).toBe(said);
  });
});

describe('accepting a loss', () => {
  test('begins an election when the primary is gone, which forgets a switchover', () => {
    const record = steady({ switchover: { to: B, by: 'operator', requestedAtMs: 1 }, paused: true });
    const { primary, switchover, ...kept } = record;
    expect(switchover).toBeDefined();
    expect(nextOf(acceptLoss(record, { wallClockMs: 5 }))).toEqual({
      ...kept,
      phase: 'electing',
      term: record.term + 1,
      version: record.version + 1,
      election: {
        reason: 'loss-accepted',
        deposed: primary.member,
        suspectedAtMs: 5,
        convictedAtMs: 5,
        acceptsLoss: true,
      },
    });
  });

  test('begins another election when the chosen one is gone', () => {
    const record = promoting();
    const next = nextOf(acceptLoss(record, { wallClockMs: 5 }));
    expect(next).toMatchObject({ phase: 'electing', term: 3, election: { deposed: B, acceptsLoss: true } });
    expect(next).toMatchObject({ guarantees: record.guarantees });
  });

  test('lets the election that waits go on, in its own term', () => {
    const record = electing();
    expect(nextOf(acceptLoss(record, { wallClockMs: 5 }))).toEqual({
      ...record,
      version: record.version + 1,
      election: { ...record.election, acceptsLoss: true },
    });
  });

  test.each<[string, Command, string]>([
    [
      'there is nothing yet',
      acceptLoss(bootstrapping(), { wallClockMs: 5 }),
      'refused: Nothing was ever acknowledged in this cluster: there is nothing to lose.',
    ],
    [
      'the primary serves',
      acceptLoss(steady(), { wallClockMs: 5, primaryServes: true }),
      'refused: The primary in slot a serves: nothing has to be lost. Use a switchover to make another one primary.',
    ],
    [
      'it was accepted before',
      acceptLoss(electing({ election: { ...electing().election, acceptsLoss: true } }), { wallClockMs: 5 }),
      'already: Loss is accepted already in term 2.',
    ],
  ])('tells when %s', (_what, command, said) => {
    expect(reasonOf(command)).toBe(said);
  });
});
