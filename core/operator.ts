import { beginElection } from './begin-election';
import type { FindingCode } from './finding';
import { parseMember, slotOf, type Slot } from './member';
import { isInitialized, type ClusterRecord, type SteadyRecord, type Switchover } from './record';
import type { NodeReport } from './status';

/** What the events of an election begun by an operator carry as its reason. */
export const SWITCHOVER_REASON: FindingCode = 'switchover-requested';
export const LOSS_REASON: FindingCode = 'loss-accepted';

/**
 * What an operator's command makes of the record: one conditional write, which carries the version that was judged.
 * `already`: it is so. `refused`: what stands against it, and what to do.
 */
export type Command =
  | { readonly kind: 'replace'; readonly judged: ClusterRecord; readonly next: ClusterRecord }
  | { readonly kind: 'already'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string };

/** Who is where, as the register's reports tell it; an agent's page does as well. */
export type KnownNode = Pick<NodeReport, 'slot' | 'member'>;

export interface SwitchoverWish {
  /** The slot that is to be primary; the best standby's when absent. */
  readonly to?: Slot;
  readonly by: Switchover['by'];
  readonly wallClockMs: number;
}

/** No automatic failover from here on. An election that was begun is finished, and a switchover goes on. */
export function pauseFailover(record: ClusterRecord): Command {
  if (record.paused) return already('Automatic failover is paused already.');
  return replace(record, { ...record, paused: true });
}

export function resumeFailover(record: ClusterRecord): Command {
  if (!record.paused) return already('Automatic failover is not paused.');
  return replace(record, { ...record, paused: false });
}

/**
 * Asks the primary to hand over. The primary's own agent carries that out, also while automatic failover is paused, and
 * takes the wish out of the record when nobody could take over within seconds. So what is refused here is only what is
 * plain from the record.
 */
export function requestSwitchover(record: ClusterRecord, wish: SwitchoverWish, nodes: readonly KnownNode[]): Command {
  switch (record.phase) {
    case 'bootstrapping':
      return refused('The cluster has no primary yet. Wait until it is set up.');
    case 'electing':
    case 'promoting':
      return refused(
        `An election is on (term ${record.term}, ${record.election.reason}): nobody is there to hand over. Wait until it is over and ask again.`,
      );
    case 'steady':
      return switchOver(record, wish, nodes);
  }
}

function switchOver(
  record: SteadyRecord,
  { to, by, wallClockMs }: SwitchoverWish,
  nodes: readonly KnownNode[],
): Command {
  const primary = record.primary.member;
  if (to === slotOf(primary)) return already(`Slot ${to} is the primary already.`);
  const underWay = record.switchover;
  if (underWay !== undefined) {
    const aim = underWay.to === undefined ? 'the best standby' : `slot ${slotOf(underWay.to)}`;
    if (to === undefined || (underWay.to !== undefined && slotOf(underWay.to) === to)) {
      return already(`A switchover to ${aim} is under way already.`);
    }
    return refused(`A switchover to ${aim} is under way. Wait until it is over and ask again.`);
  }
  const last = record.guarantees.at(-1);
  const member = to === undefined ? undefined : nodes.find(({ slot }) => slot === to)?.member;
  if (to !== undefined && member === undefined) {
    const known = nodes.map(({ slot }) => slot).sort();
    return refused(
      `There is no slot ${to}. ${known.length === 0 ? 'None is known.' : `Known are ${known.join(', ')}.`}`,
    );
  }
  if (member === null) return refused(`Slot ${to} holds no data yet. Wait until it follows the primary.`);
  if (last !== undefined && last.acks > 0 && member !== undefined && !last.standbys.some((each) => each === member)) {
    const standbys = last.standbys.map(slotOf).sort().join(', ');
    return refused(
      `Slot ${to} does not confirm commits: it is not there, or has not caught up. Wait until it has, or switch over to one of: ${standbys}.`,
    );
  }
  const wanted = member === undefined ? {} : { to: parseMember(member) };
  return replace(record, { ...record, switchover: { ...wanted, by, requestedAtMs: wallClockMs } });
}

/** The wish is taken out again: nobody could take over. */
export function withoutSwitchover(record: SteadyRecord): SteadyRecord {
  const { switchover, ...rest } = record;
  return switchover === undefined ? record : rest;
}

/**
 * An operator accepts that what the missing members alone hold is lost: the one way out when more has failed than the
 * guarantees cover. Begins an election, or changes the one that waits, in which the best of those who answer and have
 * pledged is chosen, whatever guarantees remain unmet.
 *
 * `primaryServes`: whether the primary was just seen to serve. Then nothing has to be lost.
 */
export function acceptLoss(
  record: ClusterRecord,
  { wallClockMs, primaryServes = false }: { readonly wallClockMs: number; readonly primaryServes?: boolean },
): Command {
  if (!isInitialized(record))
    return refused('Nothing was ever acknowledged in this cluster: there is nothing to lose.');
  if (record.phase === 'electing') {
    if (record.election.acceptsLoss === true) return already(`Loss is accepted already in term ${record.term}.`);
    return replace(record, { ...record, election: { ...record.election, acceptsLoss: true } });
  }
  if (record.phase === 'steady' && primaryServes) {
    const slot = slotOf(record.primary.member);
    return refused(
      `The primary in slot ${slot} serves: nothing has to be lost. Use a switchover to make another one primary.`,
    );
  }
  return {
    kind: 'replace',
    judged: record,
    next: beginElection(record, {
      reason: LOSS_REASON,
      suspectedAtMs: wallClockMs,
      convictedAtMs: wallClockMs,
      acceptsLoss: true,
    }),
  };
}

function replace(judged: ClusterRecord, next: ClusterRecord): Command {
  return { kind: 'replace', judged, next: { ...next, version: judged.version + 1 } };
}

function already(reason: string): Command {
  return { kind: 'already', reason };
}

function refused(reason: string): Command {
  return { kind: 'refused', reason };
}
