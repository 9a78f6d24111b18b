import { hold, isForeign, isResting, type NodeTable } from './node-rule';
import type { ElectingRecord, PromotingRecord } from './record';

/** An election is on, and this member is not the one that was chosen. */
export const PLEDGING: NodeTable<ElectingRecord | PromotingRecord> = {
  title: 'Phase `electing`, or `promoting` when another member was chosen',
  rules: [
    {
      id: 'N20-half-made',
      when: '`electing`, and its directory is not whole',
      holds: ({ directory }, { phase }) => phase === 'electing' && directory !== 'ready',
      action: 'hold',
      then: ({ directory }) => hold(`no data directory that could pledge (${directory})`),
      why: 'a directory that is being made may hold less than it did',
    },
    {
      id: 'N21-half-made-late',
      when: '`promoting`, and its directory is not whole',
      holds: ({ directory }, { phase }) => phase === 'promoting' && directory !== 'ready',
      action: 'hold',
      then: (_, record) => hold(`waiting for ${chosenOf(record)} to be promoted`),
      why: 'it is cloned when the term is steady',
    },
    {
      id: 'N23-gone',
      when: 'its data directory is gone',
      holds: ({ postgres }) => postgres.state === 'absent',
      action: 'hold',
      then: () => hold('its data directory is gone: nothing to pledge with'),
      why: 'a pledge tells what its member holds',
    },
    {
      id: 'N24-step-down',
      when: 'its directory is not marked as a standby',
      holds: ({ markedStandby }) => !markedStandby,
      action: 'demote',
      then: (_, { term }) => ({ kind: 'demote', why: `term ${term} has begun` }),
      why: 'the old primary first makes its directory unable to start as a primary, then stops to the last process',
    },
    {
      id: 'N22-rest',
      when: 'PostgreSQL is down, and it has handed over less than `handedOverMs` ago to standbys that are enough without it',
      holds: isResting,
      action: 'hold',
      then: () => hold('handed over; it starts as a standby in a moment'),
      why: 'nobody waits for it, and what its start takes of the machine, the register and the others would be missing to those for whom clients wait',
    },
    {
      id: 'N25-start',
      when: 'PostgreSQL is down',
      holds: ({ postgres }) => postgres.state === 'down',
      action: 'start',
      does: 'start as a standby',
      then: () => ({ kind: 'start', as: 'standby' }),
      why: 'its end is known when it has replayed, following nobody',
    },
    {
      id: 'N26-frozen',
      when: 'PostgreSQL does not answer',
      holds: ({ postgres }) => postgres.state === 'frozen',
      action: 'demote',
      then: () => ({ kind: 'demote', why: 'PostgreSQL does not answer, and an election is on' }),
      why: 'what does not answer cannot be shown to receive nothing; a fresh start can',
    },
    {
      id: 'N27-replaying',
      when: 'PostgreSQL is not up',
      holds: ({ postgres }) => postgres.state !== 'up',
      action: 'hold',
      then: () => hold('PostgreSQL is starting; it pledges when it has replayed'),
      why: 'the end of replay is part of the pledge',
    },
    {
      id: 'N28-writes',
      when: 'PostgreSQL writes',
      holds: ({ postgres }) => postgres.inRecovery === false,
      action: 'demote',
      then: (_, { term }) => ({ kind: 'demote', why: `term ${term} has begun` }),
      why: 'a step down that was interrupted after the mark is finished',
    },
    {
      id: 'N29-pledged',
      when: 'this process has reported its pledge',
      holds: ({ reportedTerm }, { term }) => reportedTerm === term,
      action: 'hold',
      then: (_, record) => hold(`pledged; waiting for ${chosenOf(record)}`),
      why: 'nothing is received meanwhile, so the pledge stays true, and nobody follows before the term is steady',
    },
    {
      id: 'N30-foreign',
      when: 'its data is of another database system',
      holds: isForeign,
      action: 'hold',
      then: () => hold('its data is of another database system: it has no part in this election'),
      why: 'positions of two systems cannot be compared',
    },
    {
      id: 'N31-pledge',
      when: 'otherwise',
      action: 'pledge',
      then: (_, record) => ({ kind: 'pledge', record }),
      why: "late in `promoting` too: it keeps the old primary's quorum away",
    },
  ],
};

function chosenOf(record: ElectingRecord | PromotingRecord): string {
  return record.phase === 'promoting' ? record.primary.member : 'the choice';
}

export const CHOSEN: NodeTable<PromotingRecord> = {
  title: 'Phase `promoting`, this member was chosen',
  rules: [
    {
      id: 'N40-half-made',
      when: 'its directory is not whole',
      holds: ({ directory }) => directory !== 'ready',
      action: 'hold',
      then: (_, { primary }) => hold(`waiting for ${primary.member} to be promoted`),
      why: 'it is not what was chosen; the next election finds another one',
    },
    {
      id: 'N41-not-pledged',
      when: 'this volume has not pledged for the term',
      holds: ({ pledgedTerm }, { term }) => pledgedTerm !== term,
      action: 'hold',
      then: (_, { term }) => hold(`chosen for term ${term}, but this volume has not pledged`),
      why: 'the choice was made on a pledge, and that was durable before it was reported',
    },
    {
      id: 'N42-start-standby',
      when: 'PostgreSQL is down, and the directory is marked as a standby',
      holds: ({ postgres, markedStandby }) => postgres.state === 'down' && markedStandby,
      action: 'start',
      does: 'start as a standby',
      then: () => ({ kind: 'start', as: 'standby' }),
      why: 'the promotion has not happened yet',
    },
    {
      id: 'N43-start-primary',
      when: 'PostgreSQL is down',
      holds: ({ postgres }) => postgres.state === 'down',
      action: 'start',
      does: 'start as a primary',
      then: () => ({ kind: 'start', as: 'primary' }),
      why: 'PostgreSQL takes the mark away when the promotion has happened',
    },
    {
      id: 'N44-promote',
      when: 'PostgreSQL is up',
      holds: ({ postgres }) => postgres.state === 'up',
      action: 'promote',
      then: (_, record) => ({ kind: 'promote', record }),
      why: 'may be repeated: one that has happened answers the same',
    },
    {
      id: 'N45-starting',
      when: 'otherwise',
      action: 'hold',
      then: () => hold('chosen; PostgreSQL is starting'),
      why: 'a promotion that takes too long is superseded by the next term',
    },
  ],
};
