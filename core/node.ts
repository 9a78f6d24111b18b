import { mayDiscard } from './discard';
import { placeOnChain, wayOntoChain, type Ancestor } from './lineage';
import type { Lsn } from './lsn';
import { names } from './guarantee';
import type { Member, Slot } from './member';
import type { Policy } from './policy';
import type {
  BootstrappingRecord,
  ClusterRecord,
  ElectingRecord,
  PrimaryPlace,
  PromotingRecord,
  SteadyRecord,
} from './record';

/** What an agent knows of its own node in one beat. */
export interface NodeView {
  readonly policy: Policy;
  readonly slot: Slot;
  readonly address: string;
  readonly register: RegisterView;
  /** What the volume holds; a directory that is being made can neither pledge nor serve. */
  readonly directory: 'absent' | 'initializing' | 'cloning' | 'rewinding' | 'ready';
  readonly member: Member | undefined;
  /** The highest term this node pledged for or followed, from its volume; 0 for none. */
  readonly pledgedTerm: number;
  /** The term for which this process has completed and reported its pledge; 0 for none. */
  readonly reportedTerm: number;
  /** standby.signal is there: whoever starts PostgreSQL starts a standby. */
  readonly markedStandby: boolean;
  readonly postgres: PostgresView;
  /** The address that PostgreSQL is configured to stream from, if any. */
  readonly upstream: string | undefined;
  /** The primary was asked, and no longer has the WAL that this standby needs next. */
  readonly starved: boolean;
  /** How long the instance has been about to go. */
  readonly leavingForMs: number | undefined;
}

/** How far the register can be trusted in this beat. */
export type RegisterView =
  /** Just read, not older than anything seen before, of the epoch seen before. */
  | { readonly kind: 'read'; readonly record: ClusterRecord }
  /** Not readable now; the last record seen, which this volume keeps. */
  | { readonly kind: 'unreadable'; readonly last: ClusterRecord | undefined; readonly sinceMs: number }
  /** Answered, but there is no record, or an older or foreign one: nobody acts on it. */
  | { readonly kind: 'refused'; readonly reason: string; readonly last: ClusterRecord | undefined };

export interface PostgresView {
  readonly state: 'absent' | 'down' | 'starting' | 'frozen' | 'up';
  readonly inRecovery: boolean | undefined;
  /** How long it has been in this state. */
  readonly stateForMs: number;
  /** End of what a standby has replayed and the timelines it went through; undefined while unknown. */
  readonly end: { readonly lsn: Lsn; readonly ancestry: readonly Ancestor[] } | undefined;
  /** A standby that streams. */
  readonly streaming: boolean;
  /** Of its data directory; undefined while it cannot be asked. */
  readonly systemId: string | undefined;
}

export type NodeAction =
  | { readonly kind: 'hold'; readonly reason: string }
  | { readonly kind: 'initialize' }
  | { readonly kind: 'declare'; readonly record: BootstrappingRecord }
  | { readonly kind: 'clone'; readonly from: PrimaryPlace; readonly term: number; readonly why: string }
  | { readonly kind: 'rewind'; readonly from: PrimaryPlace; readonly record: SteadyRecord }
  | { readonly kind: 'start'; readonly as: 'primary' | 'standby' }
  | { readonly kind: 'demote'; readonly why: string }
  | { readonly kind: 'pledge'; readonly record: ElectingRecord | PromotingRecord }
  | { readonly kind: 'promote'; readonly record: PromotingRecord }
  | { readonly kind: 'follow'; readonly primary: PrimaryPlace; readonly record: SteadyRecord }
  /** A standby that streams from somebody it should not: ends the stream, so that its own end can be read. */
  | { readonly kind: 'detach'; readonly why: string }
  /** Primary of a steady record: keep the guarantee, the door, the beat. */
  | { readonly kind: 'serve'; readonly record: SteadyRecord; readonly registerFresh: boolean }
  /** Standby of a steady record that follows already. */
  | { readonly kind: 'attend'; readonly record: SteadyRecord }
  /** Stop, unmount, let the instance go. */
  | { readonly kind: 'leave'; readonly why: string };

const hold = (reason: string): NodeAction => ({ kind: 'hold', reason });

/** How long an instance that must go waits for its role to move on. */
const LEAVE_ANYWAY_MS = 30_000;

/**
 * What this node does next. One table: what the record says × what this node is.
 *
 * Safe because nothing here acts on a record older than the pledge: a node that pledged for term T follows, serves or
 * promotes for no term below T, whatever it reads later.
 */
export function decideNode(view: NodeView): NodeAction {
  const { register } = view;
  if (register.kind === 'refused') return withoutRegister(view, register.last, register.reason);
  if (register.kind === 'unreadable') {
    return withoutRegister(view, register.last, 'the register does not answer');
  }
  const { record } = register;
  if (record.term < view.pledgedTerm) {
    return hold(`the record is of term ${record.term}, this node has pledged for ${view.pledgedTerm}`);
  }
  if (view.leavingForMs !== undefined && mayLeave(view, record, view.leavingForMs)) {
    return { kind: 'leave', why: 'the instance is about to be terminated' };
  }
  switch (record.phase) {
    case 'bootstrapping':
      return duringBootstrap(view, record);
    case 'electing':
      return duringElection(view, record);
    case 'promoting':
      return duringPromotion(view, record);
    case 'steady':
      return isMe(view, record.primary) ? asPrimary(view, record) : asStandby(view, record);
  }
}

/**
 * Without the register nothing changes hands: whoever runs goes on as it is. A primary whose PostgreSQL died restarts
 * in place when the last record it saw named it: a quorum that flushes proves that it has not pledged away, and until
 * one does its door stays closed.
 */
function withoutRegister(view: NodeView, last: ClusterRecord | undefined, why: string): NodeAction {
  const { postgres } = view;
  if (last?.phase !== 'steady' || last.term < view.pledgedTerm || view.directory !== 'ready') return hold(why);
  if (isMe(view, last.primary)) {
    if (view.markedStandby) return hold(why);
    if (postgres.state === 'down') return { kind: 'start', as: 'primary' };
    if (postgres.state === 'up' && postgres.inRecovery === false) {
      return { kind: 'serve', record: last, registerFresh: false };
    }
    return hold(why);
  }
  if (postgres.state === 'down' && view.markedStandby) return { kind: 'start', as: 'standby' };
  return hold(why);
}

function duringBootstrap(view: NodeView, record: BootstrappingRecord): NodeAction {
  if (record.bootstrapSlot !== view.slot) return hold(`waiting for slot ${record.bootstrapSlot} to initialize`);
  if (view.directory !== 'ready' || view.postgres.state === 'absent') return { kind: 'initialize' };
  if (view.markedStandby)
    return hold('its directory is marked as a standby: it has followed somebody, and declares nothing');
  if (view.postgres.state === 'down') return { kind: 'start', as: 'primary' };
  if (view.postgres.state === 'up' && view.postgres.inRecovery === false) return { kind: 'declare', record };
  return hold('PostgreSQL is starting');
}

function duringElection(view: NodeView, record: ElectingRecord): NodeAction {
  if (view.directory !== 'ready') return hold(`no data directory that could pledge (${view.directory})`);
  return pledgeFor(view, record);
}

function duringPromotion(view: NodeView, record: PromotingRecord): NodeAction {
  if (view.directory !== 'ready') return hold(`waiting for ${record.primary.member} to be promoted`);
  if (!isMe(view, record.primary)) {
    // Late to the election; pledging still keeps the old primary's quorum away. It joins when the term is steady.
    return view.reportedTerm === record.term ? hold(`waiting for ${record.primary.member}`) : pledgeFor(view, record);
  }
  // The choice was made on this node's pledge, so it is durable. A restart of the agent lost only the memory of it.
  if (view.pledgedTerm !== record.term) return hold(`chosen for term ${record.term}, but this volume has not pledged`);
  if (view.postgres.state === 'down') return { kind: 'start', as: view.markedStandby ? 'standby' : 'primary' };
  if (view.postgres.state === 'up') return { kind: 'promote', record };
  return hold('chosen; PostgreSQL is starting');
}

function pledgeFor(view: NodeView, record: ElectingRecord | PromotingRecord): NodeAction {
  const { postgres } = view;
  if (postgres.state === 'absent') return hold('its data directory is gone: nothing to pledge with');
  if (!view.markedStandby) return { kind: 'demote', why: `term ${record.term} has begun` };
  if (postgres.state === 'down') return { kind: 'start', as: 'standby' };
  if (postgres.state === 'frozen') return { kind: 'demote', why: 'PostgreSQL does not answer, and an election is on' };
  if (postgres.state !== 'up') return hold('PostgreSQL is starting; it pledges when it has replayed');
  if (postgres.inRecovery === false) return { kind: 'demote', why: `term ${record.term} has begun` };
  if (view.reportedTerm === record.term) return hold('pledged; waiting for the choice');
  if (isForeign(view, record)) return hold('its data is of another database system: it has no part in this election');
  return { kind: 'pledge', record };
}

function asPrimary(view: NodeView, record: SteadyRecord): NodeAction {
  const { postgres, policy } = view;
  if (view.directory !== 'ready')
    return hold(`the record names this member primary, but its directory is ${view.directory}`);
  if (postgres.state === 'absent') return hold('the record names this member primary, but its data directory is gone');
  if (view.markedStandby) return hold('the record names this member primary, but its directory is marked as a standby');
  if (postgres.state === 'down') {
    // A coordinator fails over within this time if anybody can take over; otherwise it restarts where it is.
    const alone = record.guarantees.every((each) => each.acks === 0);
    if (!alone && postgres.stateForMs < policy.restartInPlaceMs)
      return hold('PostgreSQL went down; a standby may take over');
    return { kind: 'start', as: 'primary' };
  }
  if (postgres.state === 'up' && postgres.inRecovery === false) return { kind: 'serve', record, registerFresh: true };
  return hold(postgres.state === 'frozen' ? 'PostgreSQL does not answer' : 'PostgreSQL is starting');
}

function asStandby(view: NodeView, record: SteadyRecord): NodeAction {
  const { postgres } = view;
  const from = record.primary;
  if (view.directory === 'absent') return { kind: 'clone', from, term: record.term, why: 'the volume is empty' };
  if (view.directory !== 'ready') {
    return { kind: 'clone', from, term: record.term, why: `the directory was left half-made (${view.directory})` };
  }
  // Set aside by a clone that was interrupted before it had begun.
  if (postgres.state === 'absent') return cloneIfFree(view, record, 'its data directory is gone');
  if (!view.markedStandby || postgres.inRecovery === false) {
    return { kind: 'demote', why: `${from.member} is primary of term ${record.term}` };
  }
  if (postgres.state === 'down') return { kind: 'start', as: 'standby' };
  if (postgres.state !== 'up') return hold(postgres.state === 'frozen' ? 'PostgreSQL does not answer' : 'recovering');
  // Positions of another system mean nothing here, and PostgreSQL would refuse to stream for ever.
  if (isForeign(view, record)) return cloneIfFree(view, record, 'its data is of another database system');
  if (view.starved) return cloneIfFree(view, record, 'the primary no longer has the write-ahead log that it needs');
  if (view.upstream !== undefined && view.upstream !== from.address) {
    return { kind: 'detach', why: `it streams from ${view.upstream}, not from ${from.member}` };
  }
  if (postgres.end === undefined) {
    return view.upstream === undefined ? hold('reading the end of the write-ahead log') : { kind: 'attend', record };
  }
  const way = wayOntoChain(record.lineage, placeOnChain(record.lineage, postgres.end.ancestry, postgres.end.lsn));
  if (view.upstream !== undefined) {
    return way === 'stream'
      ? { kind: 'attend', record }
      : { kind: 'detach', why: 'its data is not on the recorded timeline' };
  }
  if (way === 'stream') return { kind: 'follow', primary: from, record };
  if (way === 'clone') return cloneIfFree(view, record, 'its data shares nothing provable with the recorded timelines');
  return isFree(view, record) ? { kind: 'rewind', from, record } : hold(`must ${way}, but ${STILL_NAMED}`);
}

const STILL_NAMED = 'a guarantee still names this member';

function cloneIfFree(view: NodeView, record: SteadyRecord, why: string): NodeAction {
  if (!isFree(view, record)) return hold(`must clone: ${why}, but ${STILL_NAMED}`);
  return { kind: 'clone', from: record.primary, term: record.term, why };
}

/** Nothing acknowledged is only in this directory. */
function isFree(view: NodeView, record: SteadyRecord): boolean {
  return view.member !== undefined && mayDiscard(record, view.member);
}

/**
 * A slot whose bootstrap was given to another one has an initialized directory of its own, and a volume may be restored
 * from anywhere: timeline 1 has no other identity than the system's.
 */
function isForeign(view: NodeView, record: SteadyRecord | ElectingRecord | PromotingRecord): boolean {
  return view.postgres.systemId !== undefined && view.postgres.systemId !== record.systemId;
}

function mayLeave(view: NodeView, record: ClusterRecord, leavingForMs: number): boolean {
  if (leavingForMs > LEAVE_ANYWAY_MS) return true;
  if (view.member === undefined) return true;
  const { member } = view;
  return (
    record.phase === 'steady' &&
    !isMe(view, record.primary) &&
    !record.guarantees.some((guarantee) => names(guarantee, member))
  );
}

function isMe(view: NodeView, primary: PrimaryPlace): boolean {
  return view.member !== undefined && view.member === primary.member;
}
