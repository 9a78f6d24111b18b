import type { Scenario } from '../support/scenario';

/** Slow is worse than dead. */
export const DISKS: readonly Scenario[] = [
  {
    id: 'stall-disk-primary',
    title: 'a primary whose volume takes no writes any more',
    shows: ['L1', 'L8'],
    fault: '`stall-disk` of the primary: writes and syncs hang',
    usersSee: 'commits wait, then connections break; the next ones find the new primary',
    healedBy: 'election, and the sick one is not elected again; it rejoins when its disk answers',
    steps: [
      { fault: 'stall-disk', to: ['primary'] },
      { until: 'the primary has moved' },
      { until: 'every client writes' },
      { heal: ['primary'] },
    ],
    expect: { elections: 1, primary: 'moves', clients: 'reconnect' },
  },
  {
    id: 'hang-disk-primary',
    title: 'a primary whose volume does not answer any more',
    shows: ['L1', 'L8'],
    fault: '`hang-disk` of the primary: nothing is answered',
    usersSee: 'as for `stall-disk`',
    healedBy: 'as for `stall-disk`',
    steps: [
      { fault: 'hang-disk', to: ['primary'] },
      { until: 'the primary has moved' },
      { until: 'every client writes' },
      { heal: ['primary'] },
    ],
    expect: { elections: 1, primary: 'moves', clients: 'reconnect' },
  },
  {
    id: 'stall-disk-standby',
    title: 'a standby whose volume takes no writes for a while',
    fault: '`stall-disk` of a standby',
    usersSee: 'nothing: one standby is enough for a commit',
    healedBy: 'it goes on when its disk does',
    steps: [
      { fault: 'stall-disk', to: ['standby'] },
      { until: 'every client has written for 15 s' },
      { heal: ['standby'] },
    ],
    expect: { elections: 0, primary: 'stays', clients: 'keep writing', sameMember: ['standby'] },
  },
  {
    id: 'hang-disk-then-power-off',
    title: 'a machine that loses its power while its volume hangs',
    fault: '`hang-disk` and then `power-off` of the primary',
    usersSee: 'as for `power-off`',
    healedBy: 'as for `power-off`',
    steps: [
      { fault: 'hang-disk', to: ['primary'] },
      { fault: 'power-off', to: ['primary'] },
    ],
    expect: { elections: 1, primary: 'moves', clients: 'reconnect', replaced: ['primary'] },
  },
  {
    id: 'fill-disk-primary',
    title: 'a primary whose volume is full for half a minute',
    fault: '`fill-disk` of the primary for 30 s, to the last byte',
    usersSee: 'writes are refused or connections break; writes go on when there is space, or at a new primary',
    healedBy: 'applications may only read until there is space; a PostgreSQL that stopped is replaced by an election',
    steps: [{ fault: 'fill-disk', to: ['primary'], for: '30s' }],
    expect: { elections: [0, 2], primary: 'may move', clients: 'reconnect' },
  },
  {
    id: 'fill-disk-standby',
    title: 'a standby whose volume is full for half a minute',
    fault: '`fill-disk` of a standby for 30 s, to the last byte',
    usersSee: 'nothing: one standby is enough for a commit',
    healedBy: 'it leaves the guarantee if it stops, and goes on when there is space',
    steps: [{ fault: 'fill-disk', to: ['standby'], for: '30s' }, { until: 'every client has written for 15 s' }],
    expect: { elections: 0, primary: 'stays', clients: 'keep writing' },
  },
];
