import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mayDiscard } from '../../core/discard';
import { guarantee } from '../../core/guarantee';
import { placeOnChain, wayOntoChain } from '../../core/lineage';
import type { Slot } from '../../core/member';
import { NO_HAND_OVER } from '../../core/hand-over';
import { decideNode, type NodeAction, type NodeView, type PostgresView, type RegisterView } from '../../core/node';
import { DEFAULT_POLICY } from '../../core/policy';
import type { ClusterRecord } from '../../core/record';
import {
  A,
  addressOf,
  at,
  B,
  bootstrapping,
  C,
  chain,
  electing,
  promoting,
  steady,
  SYSTEM_ID,
  through,
} from './support/records';
import { anyView, read, unreadable } from './support/views';

function postgres(overrides: Partial<PostgresView> = {}): PostgresView {
  return {
    state: 'up',
    inRecovery: true,
    stateForMs: 60_000,
    end: { lsn: at(50), ancestry: through() },
    replayHeld: false,
    streaming: false,
    systemId: SYSTEM_ID,
    ...overrides,
  };
}

/** b: a standby whose upstream was taken away, up, whole. */
function view(overrides: Partial<Omit<NodeView, 'postgres'>> & { postgres?: Partial<PostgresView> } = {}): NodeView {
  const { postgres: server, ...rest } = overrides;
  return {
    policy: DEFAULT_POLICY,
    slot: 'b' as Slot,
    address: addressOf(B),
    register: read(steady()),
    directory: 'ready',
    member: B,
    pledgedTerm: 1,
    reportedTerm: 0,
    markedStandby: true,
    upstream: undefined,
    starved: false,
    leavingForMs: undefined,
    handOver: NO_HAND_OVER,
    ...rest,
    postgres: postgres(server),
  };
}

const DOWN: Partial<PostgresView> = { state: 'down', inRecovery: undefined, end: undefined, systemId: undefined };
const STARTING: Partial<PostgresView> = { ...DOWN, state: 'starting' };
const FROZEN: Partial<PostgresView> = { ...DOWN, state: 'frozen' };
const frozenFor = (stateForMs: number): Partial<PostgresView> => ({ ...FROZEN, stateForMs });
const GONE: Partial<PostgresView> = { ...DOWN, state: 'absent' };
const WRITING: Partial<PostgresView> = { inRecovery: false, end: undefined };

/** a: the primary of term 1. */
const primary = (overrides: Parameters<typeof view>[0] = {}): NodeView =>
  view({
    slot: 'a' as Slot,
    member: A,
    address: addressOf(A),
    markedStandby: false,
    ...overrides,
    postgres: { ...WRITING, ...overrides.postgres },
  });

const kind = (of: NodeView): NodeAction['kind'] => decideNode(of).kind;
const reason = (of: NodeView): string => {
  const action = decideNode(of);
  return action.kind === 'hold' ? action.reason : `(${action.kind})`;
};

describe('while the cluster is bootstrapping', () => {
  const mine = { register: read(bootstrapping({ bootstrapSlot: 'b' as Slot })), pledgedTerm: 0 };
  const blank = { ...mine, member: undefined, markedStandby: false };

  test('only the named slot initializes', () => {
    expect(kind(view({ ...blank, directory: 'absent', postgres: GONE }))).toBe('initialize');
    const other = { ...blank, slot: 'c' as Slot };
    expect(reason(view({ ...other, directory: 'absent', postgres: GONE }))).toBe('waiting for slot b to initialize');
  });

  test('an interrupted one is begun anew, and a directory that is gone is made again', () => {
    expect(kind(view({ ...mine, directory: 'initializing', postgres: DOWN }))).toBe('initialize');
    expect(kind(view({ ...mine, markedStandby: false, postgres: GONE }))).toBe('initialize');
  });

  test('what is initialized is started, and declared when it writes', () => {
    const whole = { ...mine, markedStandby: false };
    expect(decideNode(view({ ...whole, postgres: DOWN }))).toEqual({ kind: 'start', as: 'primary' });
    expect(kind(view({ ...whole, postgres: STARTING }))).toBe('hold');
    expect(kind(view({ ...whole, postgres: WRITING }))).toBe('declare');
    expect(reason(view({ ...mine, postgres: DOWN }))).toContain('it has followed somebody');
  });
});

describe('the primary of a steady record', () => {
  test('serves', () => {
    expect(decideNode(primary())).toEqual({ kind: 'serve', record: steady(), registerFresh: true });
  });

  test('waits for a standby to take over when its PostgreSQL has died, and then restarts where it is', () => {
    const dead = (stateForMs: number, record = steady()): NodeView =>
      primary({ register: read(record), postgres: { ...DOWN, stateForMs } });
    expect(reason(dead(DEFAULT_POLICY.restartInPlaceMs - 1))).toBe('PostgreSQL went down; a standby may take over');
    expect(decideNode(dead(DEFAULT_POLICY.restartInPlaceMs))).toEqual({ kind: 'start', as: 'primary' });
    const alone = steady({ guarantees: [guarantee(A, [], 0)] });
    expect(decideNode(dead(0, alone))).toEqual({ kind: 'start', as: 'primary' });
  });

  test('is never started from a directory that is marked as a standby, nor from one that is not whole', () => {
    expect(kind(primary({ markedStandby: true, postgres: DOWN }))).toBe('call');
    expect(reason(primary({ directory: 'rewinding', postgres: DOWN }))).toContain('its directory is rewinding');
    expect(reason(primary({ postgres: GONE }))).toContain('its data directory is gone');
  });

  test('holds while PostgreSQL starts or does not answer', () => {
    expect(reason(primary({ postgres: STARTING }))).toBe('PostgreSQL is starting');
    expect(reason(primary({ postgres: frozenFor(DEFAULT_POLICY.frozenPrimaryMs - 1) }))).toBe(
      'PostgreSQL does not answer',
    );
  });

  test('ends a PostgreSQL that has not answered for long, and starts it again', () => {
    const action = decideNode(primary({ postgres: frozenFor(DEFAULT_POLICY.frozenPrimaryMs) }));
    expect(action).toEqual({ kind: 'start', as: 'primary' });
  });
});

describe('in an election', () => {
  const on = { register: read(electing()) };

  test('a standby pledges, once', () => {
    expect(decideNode(view(on))).toEqual({ kind: 'pledge', record: electing() });
    expect(reason(view({ ...on, reportedTerm: 2, pledgedTerm: 2 }))).toBe('pledged; waiting for the choice');
  });

  test('whoever restarted since pledging pledges again', () => {
    expect(kind(view({ ...on, pledgedTerm: 2 }))).toBe('pledge');
  });

  test('the old primary first makes its directory unable to start as a primary', () => {
    expect(kind(primary(on))).toBe('demote');
    expect(kind(primary({ ...on, postgres: DOWN }))).toBe('demote');
    expect(kind(primary({ ...on, postgres: FROZEN }))).toBe('demote');
  });

  test('one that is marked but still writes, its demotion interrupted, is demoted again', () => {
    expect(kind(primary({ ...on, markedStandby: true }))).toBe('demote');
  });

  test('a stopped one is started as a standby, and pledges when it has replayed', () => {
    expect(decideNode(view({ ...on, postgres: DOWN }))).toEqual({ kind: 'start', as: 'standby' });
    expect(reason(view({ ...on, postgres: STARTING }))).toContain('pledges when it has replayed');
  });

  test('one that does not answer is stopped', () => {
    expect(kind(view({ ...on, postgres: FROZEN }))).toBe('demote');
  });

  test.each(['absent', 'initializing', 'cloning', 'rewinding'] as const)(
    'a directory that is %s pledges nothing',
    (directory) => {
      expect(reason(view({ ...on, directory }))).toBe(`no data directory that could pledge (${directory})`);
    },
  );

  test('nor does one that is gone, or of another database system', () => {
    expect(reason(view({ ...on, markedStandby: false, postgres: GONE }))).toContain('nothing to pledge with');
    expect(reason(view({ ...on, postgres: { systemId: '1' } }))).toContain('of another database system');
  });
});

describe('while somebody is promoting', () => {
  const mine = { register: read(promoting()), pledgedTerm: 2 };

  test('the chosen one promotes, also when its agent has restarted', () => {
    expect(decideNode(view({ ...mine, reportedTerm: 2 }))).toEqual({ kind: 'promote', record: promoting() });
    expect(kind(view(mine))).toBe('promote');
    expect(kind(view({ ...mine, markedStandby: false, postgres: WRITING }))).toBe('promote');
  });

  test('it is started as what its directory is: the mark goes when the promotion has happened', () => {
    expect(decideNode(view({ ...mine, postgres: DOWN }))).toEqual({ kind: 'start', as: 'standby' });
    expect(decideNode(view({ ...mine, markedStandby: false, postgres: DOWN }))).toEqual({
      kind: 'start',
      as: 'primary',
    });
  });

  test('it does nothing without its pledge', () => {
    expect(reason(view({ ...mine, pledgedTerm: 1 }))).toBe('chosen for term 2, but this volume has not pledged');
  });

  test('the others pledge late, and wait', () => {
    const other = view({ ...mine, slot: 'c' as Slot, member: C, pledgedTerm: 1 });
    expect(kind(other)).toBe('pledge');
    expect(reason({ ...other, pledgedTerm: 2, reportedTerm: 2 })).toBe(`pledged; waiting for ${B}`);
    const down = { ...other, pledgedTerm: 2, reportedTerm: 2, postgres: { ...other.postgres, state: 'down' as const } };
    expect(kind(down)).toBe('start');
    expect(kind(primary({ register: read(promoting()) }))).toBe('demote');
  });
});

describe('a standby of a steady record', () => {
  const record = steady({ term: 3, lineage: chain([3, 100]), guarantees: [guarantee(A, [C], 1)] });
  const here = (overrides: Parameters<typeof view>[0] = {}): NodeView =>
    view({ register: read(record), pledgedTerm: 3, ...overrides });
  const ending = (lsn: number, ...forks: [number, number][]): Partial<PostgresView> => ({
    end: { lsn: at(lsn), ancestry: through(...forks) },
  });
  const following = { upstream: addressOf(A) };

  test('follows when it is behind the fork or on the tip', () => {
    expect(kind(here({ postgres: ending(100) }))).toBe('follow');
    expect(kind(here({ postgres: ending(150, [3, 100]) }))).toBe('follow');
  });

  test('attends while it follows', () => {
    expect(kind(here({ ...following, postgres: ending(150, [3, 100]) }))).toBe('attend');
    expect(kind(here({ ...following, postgres: { end: undefined } }))).toBe('attend');
  });

  test('is rewound when it is ahead of the fork or off the chain', () => {
    expect(kind(here({ postgres: ending(101) }))).toBe('rewind');
    expect(kind(here({ postgres: ending(60, [2, 40]) }))).toBe('rewind');
  });

  test('is cloned when nothing is shared, or the volume is empty, or its directory is half-made or gone', () => {
    expect(kind(here({ postgres: { end: { lsn: at(5), ancestry: [] } } }))).toBe('clone');
    expect(kind(here({ directory: 'absent', member: undefined, postgres: GONE }))).toBe('clone');
    expect(kind(here({ directory: 'cloning', postgres: DOWN }))).toBe('clone');
    expect(kind(here({ directory: 'rewinding', postgres: DOWN }))).toBe('clone');
    expect(kind(here({ markedStandby: false, postgres: GONE }))).toBe('clone');
  });

  test('is cloned when it is of another database system, whatever its positions say', () => {
    expect(kind(here({ postgres: { ...ending(50), systemId: '1' } }))).toBe('clone');
    expect(kind(here({ ...following, postgres: { ...ending(50), systemId: '1' } }))).toBe('clone');
  });

  test('is cloned when its directory is of another major version, which its PostgreSQL cannot even start', () => {
    const found = { ...DOWN, otherVersion: '16' };
    expect(kind(here({ postgres: found }))).toBe('clone');
    expect(kind(here({ markedStandby: false, postgres: found }))).toBe('clone');
  });

  test('is not discarded while a guarantee names it', () => {
    const named = { register: read({ ...record, guarantees: [guarantee(A, [B], 1), guarantee(A, [C], 1)] }) };
    expect(reason(here({ ...named, postgres: ending(101) }))).toBe(
      'must rewind, but a guarantee still names this member',
    );
    expect(reason(here({ ...named, postgres: { end: { lsn: at(5), ancestry: [] } } }))).toContain(
      'still names this member',
    );
    expect(reason(here({ ...named, postgres: { systemId: '1' } }))).toContain('still names this member');
    expect(reason(here({ ...named, postgres: GONE }))).toContain('still names this member');
    expect(reason(here({ ...named, postgres: { ...DOWN, otherVersion: '16' } }))).toBe(
      'must clone: its data is of PostgreSQL 16, but a guarantee still names this member',
    );
  });

  test('leaves whom it should not follow', () => {
    expect(kind(here({ upstream: '10.9.9.9', postgres: ending(50) }))).toBe('detach');
    expect(kind(here({ upstream: 'unknown', postgres: ending(50) }))).toBe('detach');
    expect(kind(here({ ...following, postgres: ending(101) }))).toBe('detach');
  });

  test('is demoted when it is the old primary, and started when it is stopped', () => {
    expect(kind(here({ markedStandby: false, postgres: WRITING }))).toBe('demote');
    expect(kind(here({ markedStandby: false, postgres: DOWN }))).toBe('demote');
    expect(decideNode(here({ postgres: DOWN }))).toEqual({ kind: 'start', as: 'standby' });
  });

  test('waits until its end is known', () => {
    expect(reason(here({ postgres: { end: undefined } }))).toBe('reading the end of the write-ahead log');
    expect(reason(here({ postgres: STARTING }))).toBe('recovering');
    expect(reason(here({ postgres: frozenFor(DEFAULT_POLICY.frozenStandbyMs - 1) }))).toBe(
      'PostgreSQL does not answer',
    );
  });

  test('starts PostgreSQL again when it cannot replay as it was started', () => {
    expect(decideNode(here({ postgres: { replayHeld: true } }))).toEqual({ kind: 'start', as: 'standby' });
  });

  test('ends a PostgreSQL that has not answered for long, and starts it again', () => {
    const action = decideNode(here({ postgres: frozenFor(DEFAULT_POLICY.frozenStandbyMs) }));
    expect(action).toEqual({ kind: 'start', as: 'standby' });
  });
});

describe('without the register', () => {
  test('the primary goes on serving, and restarts in place', () => {
    expect(decideNode(primary({ register: unreadable(steady()) }))).toEqual({
      kind: 'serve',
      record: steady(),
      registerFresh: false,
    });
    expect(decideNode(primary({ register: unreadable(steady()), postgres: DOWN }))).toEqual({
      kind: 'start',
      as: 'primary',
    });
  });

  test('so it does when the register answers with what nobody may act on', () => {
    const refused: RegisterView = { kind: 'refused', reason: 'of another epoch', last: steady() };
    expect(decideNode(primary({ register: refused }))).toMatchObject({ kind: 'serve', registerFresh: false });
    expect(reason(view({ register: { ...refused, last: undefined } }))).toBe('of another epoch');
  });

  test('who has pledged since does not serve', () => {
    expect(kind(primary({ register: unreadable(steady()), pledgedTerm: 2 }))).toBe('hold');
    expect(kind(primary({ register: unreadable(steady()), markedStandby: true, postgres: DOWN }))).toBe('hold');
  });

  test('a standby is started, and nothing else', () => {
    expect(decideNode(view({ register: unreadable(steady()), postgres: DOWN }))).toEqual({
      kind: 'start',
      as: 'standby',
    });
    expect(kind(view({ register: unreadable(steady()) }))).toBe('hold');
    expect(kind(view({ register: unreadable(steady()), markedStandby: false, postgres: DOWN }))).toBe('hold');
  });

  test.each([undefined, bootstrapping(), electing(), promoting()])('nothing is begun that was not steady', (last) => {
    for (const server of [DOWN, STARTING, WRITING, {}]) {
      expect(kind(view({ register: unreadable(last), postgres: server }))).toBe('hold');
      expect(kind(primary({ register: unreadable(last), postgres: server }))).toBe('hold');
    }
  });
});

describe('an instance that is about to go', () => {
  const leaving = { leavingForMs: 1 };
  const unnamed = steady({ guarantees: [guarantee(A, [C], 1)] });

  test('leaves when nobody counts on it', () => {
    expect(kind(view({ ...leaving, register: read(unnamed) }))).toBe('leave');
    expect(kind(view({ ...leaving, directory: 'absent', member: undefined, postgres: GONE }))).toBe('leave');
  });

  test('stays while a guarantee names it, while it is primary, and in an election', () => {
    expect(kind(view(leaving))).toBe('follow');
    expect(kind(primary(leaving))).toBe('serve');
    expect(kind(view({ ...leaving, register: read(electing()) }))).toBe('pledge');
  });

  test('leaves in the end', () => {
    const overdue = { leavingForMs: 30_001 };
    expect(kind(view(overdue))).toBe('leave');
    expect(kind(view({ ...overdue, register: read(electing()) }))).toBe('leave');
    expect(kind(primary(overdue))).toBe('leave');
  });
});

describe('whatever a node sees', () => {
  const always = (holds: (seen: NodeView, action: NodeAction) => boolean): void =>
    fc.assert(
      fc.property(anyView, (seen) => holds(seen, decideNode(seen))),
      { numRuns: 5_000 },
    );
  const known = ({ register: view_ }: NodeView): ClusterRecord | undefined =>
    view_.kind === 'read' ? view_.record : view_.last;

  test('it never acts on a record that is older than its pledge', () => {
    always((seen, action) => (known(seen)?.term ?? 0) >= seen.pledgedTerm || action.kind === 'hold');
  });

  test('it never starts as a primary what is marked as a standby, or is not whole', () => {
    always(
      (seen, action) =>
        action.kind !== 'start' ||
        action.as !== 'primary' ||
        ((!seen.markedStandby || action.unmark === true) && seen.directory === 'ready'),
    );
  });

  test('it starts as a primary only who is named', () => {
    always((seen, action) => {
      if (action.kind !== 'start' || action.as !== 'primary') return true;
      const named = known(seen);
      if (named?.phase === 'bootstrapping') return named.bootstrapSlot === seen.slot;
      return (named?.phase === 'steady' || named?.phase === 'promoting') && named.primary.member === seen.member;
    });
  });

  test('it starts only what is down, has hung for long, or cannot replay', () => {
    always(
      (seen, action) =>
        action.kind !== 'start' ||
        seen.postgres.state === 'down' ||
        (seen.postgres.state === 'up' && seen.postgres.replayHeld === true && action.as === 'standby') ||
        (seen.postgres.state === 'frozen' && seen.postgres.stateForMs >= DEFAULT_POLICY.frozenStandbyMs),
    );
  });

  test('it discards a whole directory only when the record that was just read permits it', () => {
    always((seen, action) => {
      if (action.kind !== 'rewind' && action.kind !== 'clone') return true;
      if (seen.register.kind !== 'read') return false;
      return seen.directory !== 'ready' || (seen.member !== undefined && mayDiscard(seen.register.record, seen.member));
    });
  });

  test('it initializes only when it is named for the bootstrap, and never over what is whole', () => {
    always((seen, action) => {
      if (action.kind !== 'initialize') return true;
      const named = known(seen);
      const isNamed = named?.phase === 'bootstrapping' && named.bootstrapSlot === seen.slot;
      return isNamed && (seen.directory !== 'ready' || seen.postgres.state === 'absent');
    });
  });

  test('it pledges only as a whole, marked standby of this system that answers', () => {
    always(
      ({ postgres: { state, inRecovery, systemId }, ...seen }, action) =>
        action.kind !== 'pledge' ||
        (seen.directory === 'ready' &&
          seen.markedStandby &&
          state === 'up' &&
          inRecovery !== false &&
          systemId !== '1' &&
          action.record.term >= seen.pledgedTerm),
    );
  });

  test('it promotes only when it is chosen, and has pledged for that very term', () => {
    always(
      (seen, action) =>
        action.kind !== 'promote' ||
        (action.record.primary.member === seen.member && action.record.term === seen.pledgedTerm),
    );
  });

  test('it serves only when it is named, writes, and is not marked', () => {
    always(
      (seen, action) =>
        action.kind !== 'serve' ||
        (action.record.primary.member === seen.member &&
          seen.postgres.inRecovery === false &&
          !seen.markedStandby &&
          action.registerFresh === (seen.register.kind === 'read')),
    );
  });

  test('it follows only when it is detached, and can stream', () => {
    always((seen, action) => {
      if (action.kind !== 'follow') return true;
      const { end } = seen.postgres;
      if (end === undefined || seen.upstream !== undefined) return false;
      const { lineage } = action.record;
      return wayOntoChain(lineage, placeOnChain(lineage, end.ancestry, end.lsn)) === 'stream';
    });
  });

  test('without the register it only holds, starts and serves', () => {
    always((seen, action) => seen.register.kind === 'read' || ['hold', 'start', 'serve'].includes(action.kind));
  });

  test('it leaves only when its instance is about to go', () => {
    always((seen, action) => action.kind !== 'leave' || seen.leavingForMs !== undefined);
  });
});
