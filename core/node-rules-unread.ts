import { hold, isMe, type NodeTable } from './node-rule';
import type { NodeView } from './node-view';
import type { ClusterRecord, SteadyRecord } from './record';

const stayAsItIs = ({ register }: NodeView): ReturnType<typeof hold> =>
  hold(register.kind === 'refused' ? register.reason : 'the register does not answer');

/** The last record that this node saw, if any, is not steady. */
export const UNKNOWN: NodeTable<ClusterRecord | undefined> = {
  title: 'The register does not answer, or with nothing that may be trusted; the last record seen was not steady',
  rules: [
    {
      id: 'N80-nothing-steady',
      when: 'always',
      action: 'hold',
      then: stayAsItIs,
      why: 'whoever may have been chosen since is not known, and nobody bootstraps from a guess',
    },
  ],
};

/**
 * Without the register nothing changes hands: whoever runs goes on as it is. The record is the last one this node saw.
 */
export const UNREAD: NodeTable<SteadyRecord> = {
  title: 'The register does not answer, or with nothing that may be trusted; the last record seen was steady',
  rules: [
    {
      id: 'N81-older-than-pledge',
      when: 'that record is of an older term than this volume has pledged for or followed',
      holds: ({ pledgedTerm }, { term }) => term < pledgedTerm,
      action: 'hold',
      then: stayAsItIs,
      why: 'a pledge binds',
    },
    {
      id: 'N82-half-made',
      when: 'its directory is not whole',
      holds: ({ directory }) => directory !== 'ready',
      action: 'hold',
      then: stayAsItIs,
      why: 'nothing is made from an old record',
    },
    {
      id: 'N89-serve-again',
      when: 'that record names it and asks for a switchover, its directory is marked as a standby, and PostgreSQL is down',
      holds: (view, { primary, switchover }) =>
        isMe(view, primary) && switchover !== undefined && view.markedStandby && view.postgres.state === 'down',
      action: 'start',
      does: 'start as a primary, the mark taken away',
      then: () => ({ kind: 'start', as: 'primary', unmark: true }),
      why: 'it was stopped to hand over, and the election cannot be called. It has pledged for no later term (N81), so nobody counts on its being stopped, and N84 holds for it too',
    },
    {
      id: 'N83-marked',
      when: 'that record names it, but its directory is marked as a standby',
      holds: (view, { primary }) => isMe(view, primary) && view.markedStandby,
      action: 'hold',
      then: stayAsItIs,
      why: 'it has stepped down since',
    },
    {
      id: 'N84-restart',
      when: 'that record names it, and PostgreSQL is down',
      holds: (view, { primary }) => isMe(view, primary) && view.postgres.state === 'down',
      action: 'start',
      does: 'start as a primary',
      then: () => ({ kind: 'start', as: 'primary' }),
      why: 'a quorum that flushes proves that it has not pledged away; until one does, clients stay out',
    },
    {
      id: 'N85-serve-on',
      when: 'that record names it, and PostgreSQL is up and writes',
      holds: (view, { primary }) =>
        isMe(view, primary) && view.postgres.state === 'up' && view.postgres.inRecovery === false,
      action: 'serve',
      then: (_, record) => ({ kind: 'serve', record, registerFresh: false }),
      why: 'its quorum acknowledges for as long as it has not pledged away. No guarantee changes',
    },
    {
      id: 'N86-named',
      when: 'that record names it',
      holds: (view, { primary }) => isMe(view, primary),
      action: 'hold',
      then: stayAsItIs,
      why: 'PostgreSQL is starting or does not answer',
    },
    {
      id: 'N87-start-standby',
      when: 'PostgreSQL is down, and the directory is marked as a standby',
      holds: ({ postgres, markedStandby }) => postgres.state === 'down' && markedStandby,
      action: 'start',
      does: 'start as a standby',
      then: () => ({ kind: 'start', as: 'standby' }),
      why: 'readers see it again, and it follows nobody until the record is read',
    },
    {
      id: 'N88-as-it-is',
      when: 'otherwise',
      action: 'hold',
      then: stayAsItIs,
      why: 'a standby that streams goes on streaming',
    },
  ],
};
