import { hold, type NodeTable } from './node-rule';
import type { SteadyRecord } from './record';

/** The record is steady and names this member. */
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
      id: 'N52-marked',
      when: 'its directory is marked as a standby',
      holds: ({ markedStandby }) => markedStandby,
      action: 'hold',
      then: () => hold('the record names this member primary, but its directory is marked as a standby'),
      why: 'the mark is set when it steps down; only a promotion takes it away',
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
      id: 'N55-serve',
      when: 'PostgreSQL is up and writes',
      holds: ({ postgres }) => postgres.state === 'up' && postgres.inRecovery === false,
      action: 'serve',
      then: (_, record) => ({ kind: 'serve', record, registerFresh: true }),
      why: 'the record that was just read names it',
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
