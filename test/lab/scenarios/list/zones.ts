import type { Scenario } from '../support/scenario';

/** As the lab's stack names it. */
const CLUSTER_NAME = 'holdfast-db';

/** Whole zones, and all of them. */
export const ZONES: readonly Scenario[] = [
  {
    id: 'lose-zone-primary',
    title: 'the loss of the primary’s zone, functions’ subnet included, until it is back',
    fault: '`lose-zone` of the primary: machine, capacity and the functions’ subnet',
    usersSee: 'as for `power-off`; one slot is missing until the zone is back',
    healedBy: 'election, by an invocation in another zone; the zone’s new machine gets the retained volume',
    steps: [
      { fault: 'lose-zone', to: ['primary'] },
      { until: 'the primary has moved' },
      { until: 'every client writes' },
      { until: 'the machines of lost zones are gone' },
      { heal: ['primary'] },
    ],
    expect: { elections: 1, primary: 'moves', clients: 'reconnect', replaced: ['primary'] },
  },
  {
    id: 'lose-machine-and-capacity-primary',
    title: 'the loss of the primary’s zone without the functions’ subnet',
    fault: '`no-capacity` and `power-off` of the primary',
    usersSee: 'as for `power-off`; one slot is missing until the zone is back',
    healedBy: 'election; the zone’s new machine gets the retained volume',
    steps: [
      { fault: 'no-capacity', to: ['primary'] },
      { fault: 'power-off', to: ['primary'] },
      { until: 'the primary has moved' },
      { until: 'the machines of lost zones are gone' },
      { heal: ['primary'] },
    ],
    expect: { elections: 1, primary: 'moves', clients: 'reconnect', replaced: ['primary'] },
  },
  {
    id: 'lose-both-standbys-zones',
    title: 'the loss of both standbys’ zones at once, until they are back',
    fault: '`lose-zone` of both standbys at once',
    usersSee: 'writes wait until both have left the guarantee, then go on without a standby',
    healedBy: 'both leave the guarantee (degraded: only this primary can be elected); they rejoin on their volumes',
    steps: [
      { fault: 'lose-zone', to: ['standby', 'other'] },
      { until: 'every client writes' },
      { until: 'the machines of lost zones are gone' },
      { heal: ['standby', 'other'] },
    ],
    expect: {
      elections: 0,
      primary: 'stays',
      clients: 'keep writing',
      replaced: ['standby', 'other'],
      sameMember: ['standby', 'other'],
    },
  },
  {
    id: 'lose-primary-and-standby-zones',
    title: 'the loss of two zones with the primary in one of them, until they are back',
    fault: '`lose-zone` of the primary and a standby at once',
    usersSee: 'no writes until one of the two zones is back: the guarantee is not met',
    healedBy: 'election when a second member has pledged; nothing is guessed before',
    steps: [
      { fault: 'lose-zone', to: ['primary', 'standby'] },
      { until: 'nobody has written for 10 s' },
      { until: 'the machines of lost zones are gone' },
      { heal: ['standby'] },
      { heal: ['primary'] },
    ],
    expect: { elections: [1, 2], primary: 'may move', clients: 'reconnect', replaced: ['primary', 'standby'] },
  },
  {
    id: 'accept-loss-of-two-zones',
    title: 'the loss of two zones with the primary in one of them, which an operator accepts',
    fault: '`lose-zone` of the primary and a standby at once, then `holdfast failover --accept-data-loss`',
    usersSee: 'no writes until the operator accepts the loss, then from the standby that is left, with what it has',
    healedBy: 'the operator; when the lost ones are back they stream, or set their data aside and clone',
    steps: [
      // Whatever was acknowledged is on both standbys by then: loss is accepted, and the judge may insist on none.
      { fault: 'partition', to: ['primary'], from: ['client'] },
      { until: 'nobody has written for 10 s' },
      { fault: 'lose-zone', to: ['primary', 'standby'] },
      { until: 'the machines of lost zones are gone' },
      { holdfast: ['failover', '--accept-data-loss', '--confirm', CLUSTER_NAME] },
      { until: 'every client writes' },
      { heal: ['standby', 'primary'] },
    ],
    expect: { elections: 1, primary: 'moves', clients: 'reconnect', replaced: ['primary', 'standby'] },
  },
  {
    id: 'power-off-all',
    title: 'a power cut of the whole cluster',
    fault: '`power-off` of all machines at once',
    usersSee: 'no writes until the guarantee allows it: two of the three machines are back',
    healedBy: 'the replacements get the volumes; election, or the same primary serves on',
    steps: [{ fault: 'power-off', to: ['primary', 'standby', 'other'] }],
    expect: { elections: [0, 3], primary: 'may move', clients: 'reconnect', replaced: ['primary', 'standby', 'other'] },
  },
  {
    id: 'power-off-all-back-in-order',
    title: 'a power cut of the whole cluster, whose zones come back one after the other, the primary’s last',
    fault: '`lose-zone` of all, back in the order standby, other, primary',
    usersSee: 'no writes until two zones are back',
    healedBy: 'election by both standbys; the old primary rejoins',
    steps: [
      { fault: 'lose-zone', to: ['primary', 'standby', 'other'] },
      { until: 'the machines of lost zones are gone' },
      { heal: ['standby'] },
      { heal: ['other'] },
      { until: 'every client writes' },
      { heal: ['primary'] },
    ],
    expect: { elections: [1, 3], primary: 'moves', clients: 'reconnect', replaced: ['primary', 'standby', 'other'] },
  },
];
