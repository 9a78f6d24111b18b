import type { Scenario } from '../support/scenario';

/** Planned work. */
export const OPERATORS: readonly Scenario[] = [
  {
    id: 'switchover',
    title: 'a switchover that an operator asks for',
    shows: ['L3'],
    fault: '`holdfast switchover`',
    usersSee: 'connections break; the next ones find the new primary',
    healedBy: 'the old primary stops cleanly, its standbys have everything, and it follows without a rewind',
    steps: [{ holdfast: ['switchover'] }],
    expect: { elections: 1, primary: 'moves', clients: 'reconnect', sameMember: ['primary'] },
  },
];
