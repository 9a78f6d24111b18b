import { heirFor, heirOfLeaving } from './hand-over';
import type { Member } from './member';
import { hold, type NodeTable } from './node-rule';
import type { NodeAction, NodeView } from './node-view';
import type { SteadyRecord } from './record';

const isUp = ({ postgres }: NodeView): boolean => postgres.state === 'up' && postgres.inRecovery === false;

const heir = ({ handOver }: NodeView, { switchover }: SteadyRecord): string | undefined =>
  switchover === undefined ? undefined : heirFor(switchover, handOver.heirs);

type Ask = Extract<NodeAction, { readonly kind: 'ask' }>;

function ask(record: SteadyRecord, by: Ask['by'], to: Member | undefined): Ask {
  if (to === undefined) throw new Error('Nobody is ready to take over.');
  return { kind: 'ask', record, to, by };
}

/**
 * The record is steady and names this member.
 *
 * Handing over (N46 to N49, N58, N59) is derived from three things that outlive the agent: the wish in the record, the
 * mark in the directory, and whether PostgreSQL runs. Not marked: it serves, and may still give up. Marked: it only goes
 * forward, until the election has begun, in which it may be chosen again like anybody.
 */
export const PRIMARY: NodeTable<SteadyRecord> = {
  title: 'Phase `steady`, this member is the primary',
  rules: [
    {
      id: 'N50-half-made',
      when: 'its directory is not whole',
      holds: ({ directory }) => directory !== 'ready',
      action: 'hold',
      then: ({ directory }) => hold(`the record names this member primary, but its directory is ${directory}`),
      why: 'a directory that is being made holds less than its member acknowledged',
    },
    {
      id: 'N51-gone',
      when: 'its data directory is gone',
      holds: ({ postgres }) => postgres.state === 'absent',
      action: 'hold',
      then: () => hold('the record names this member primary, but its data directory is gone'),
      why: 'the standbys have what it acknowledged; the election is theirs',
    },
    {
      id: 'N58-stopped',
      when: 'its directory is marked as a standby, and PostgreSQL is down or does not write',
      holds: ({ markedStandby, postgres }) =>
        markedStandby && (postgres.state === 'down' || postgres.inRecovery === true),
      action: 'call',
      does: 'begins the election',
      then: (_, record) => ({ kind: 'call', record }),
      why: 'it was stopped to hand over, and all that it acknowledged is in its WAL. Nobody else can serve before the term rises',
    },
    {
      id: 'N59-stop-on',
      when: 'its directory is marked as a standby',
      holds: ({ markedStandby }) => markedStandby,
      action: 'hand-over',
      then: (_, record) => ({ kind: 'hand-over', record }),
      why: 'a hand-over that was interrupted between the mark and the stop is finished',
    },
    {
      id: 'N53-let-others',
      when: 'PostgreSQL is down for less than `restartInPlaceMs`, and a standby may take over',
      holds: ({ postgres, policy }, record) =>
        postgres.state === 'down' &&
        record.guarantees.some((each) => each.acks > 0) &&
        postgres.stateForMs < policy.restartInPlaceMs,
      action: 'hold',
      then: () => hold('PostgreSQL went down; a standby may take over'),
      why: 'a failover is quicker than crash recovery; without one it restarts where it is',
    },
    {
      id: 'N54-restart',
      when: 'PostgreSQL is down',
      holds: ({ postgres }) => postgres.state === 'down',
      action: 'start',
      does: 'start as a primary',
      then: () => ({ kind: 'start', as: 'primary' }),
      why: 'nobody took over: the record is still of its term. Clients stay out until its quorum has flushed what is visible',
    },
    {
      id: 'N46-hand-over',
      when: 'PostgreSQL is up and writes, a switchover is in the record, the wanted standby (or any) is ready, and the checkpoint is made',
      holds: (view, record) => isUp(view) && heir(view, record) !== undefined && view.handOver.checkpoint === 'done',
      action: 'hand-over',
      then: (_, record) => ({ kind: 'hand-over', record }),
      why: 'standbys that see an election stop receiving, so the primary stops first and they receive its last record',
    },
    {
      id: 'N47-not-ready',
      when: 'PostgreSQL is up and writes, and a switchover has been in the record for `switchoverPatienceMs` without a standby that is ready',
      holds: (view, record) =>
        isUp(view) &&
        record.switchover !== undefined &&
        heir(view, record) === undefined &&
        (view.handOver.wishedForMs ?? 0) > view.policy.switchoverPatienceMs,
      action: 'withdraw',
      does: 'takes the switchover out of the record',
      then: (_, record) => ({
        kind: 'withdraw',
        record,
        why: record.switchover?.to === undefined ? 'no standby is ready' : `${record.switchover.to} is not ready`,
      }),
      why: 'without somebody who takes over at once, stopping would be an outage',
    },
    {
      id: 'N48-no-checkpoint',
      when: 'PostgreSQL is up and writes, a switchover is in the record, and the checkpoint failed',
      holds: (view, record) => isUp(view) && record.switchover !== undefined && view.handOver.checkpoint === 'failed',
      action: 'withdraw',
      does: 'takes the switchover out of the record',
      then: (_, record) => ({ kind: 'withdraw', record, why: 'the checkpoint before the stop failed' }),
      why: 'the stop would fail as well, or take as long as the checkpoint did not',
    },
    {
      id: 'N49-ask',
      when: 'PostgreSQL is up and writes, its instance is about to go, no switchover is in the record, and a standby is ready',
      holds: (view, record) =>
        isUp(view) &&
        view.leavingForMs !== undefined &&
        record.switchover === undefined &&
        heirOfLeaving(view.slot, view.handOver.heirs) !== undefined,
      action: 'ask',
      does: 'puts a switchover into the record',
      then: (view, record) => ask(record, 'leaving', heirOfLeaving(view.slot, view.handOver.heirs)),
      why: 'a node that hands over before it goes costs a pause, one that is missed costs the detection as well',
    },
    {
      id: 'N93-no-room',
      when: 'PostgreSQL is up and writes, its volume is nearly full, failover is not paused, no switchover is in the record, a standby that is ready has ample space, and it has not asked for this within `betweenFailoversMs`',
      holds: (view, record) =>
        isUp(view) &&
        !record.paused &&
        record.switchover === undefined &&
        view.handOver.roomier !== undefined &&
        (view.handOver.askedForRoomMs ?? Infinity) > view.policy.betweenFailoversMs,
      action: 'ask',
      does: 'puts a switchover into the record',
      then: (view, record) => ask(record, 'full-disk', view.handOver.roomier),
      why: 'here applications may only read until there is space; there they may write',
    },
    {
      id: 'N55-serve',
      when: 'PostgreSQL is up and writes',
      holds: isUp,
      action: 'serve',
      then: (_, record) => ({ kind: 'serve', record, registerFresh: true }),
      why: 'the record that was just read names it',
    },
    {
      id: 'N90-hung',
      when: 'PostgreSQL has not answered for `frozenPrimaryMs`, and no election came',
      holds: ({ postgres, policy }) => postgres.state === 'frozen' && postgres.stateForMs >= policy.frozenPrimaryMs,
      action: 'start',
      does: 'end every process, start as a primary',
      then: () => ({ kind: 'start', as: 'primary' }),
      why: 'nobody can take over, and it does not come back by itself. To PostgreSQL it is a crash: nothing acknowledged is lost',
    },
    {
      id: 'N56-frozen',
      when: 'PostgreSQL does not answer',
      holds: ({ postgres }) => postgres.state === 'frozen',
      action: 'hold',
      then: () => hold('PostgreSQL does not answer'),
      why: 'its status says so, which convicts it when the standbys are no longer fed',
    },
    {
      id: 'N57-starting',
      when: 'otherwise',
      action: 'hold',
      then: () => hold('PostgreSQL is starting'),
      why: 'crash recovery takes what it takes',
    },
  ],
};
