import type { NodeAction } from '../core/node';

/** One line for people. */
export function describe(action: NodeAction): string {
  switch (action.kind) {
    case 'hold':
      return action.reason;
    case 'initialize':
      return 'initializing the database';
    case 'declare':
      return 'declaring the new cluster';
    case 'clone':
      return `cloning from ${action.from.member}: ${action.why}`;
    case 'rewind':
      return `rewinding onto ${action.from.member}`;
    case 'start':
      return `starting PostgreSQL as a ${action.as}`;
    case 'demote':
      return `stepping down: ${action.why}`;
    case 'pledge':
      return `pledging for term ${action.record.term}`;
    case 'promote':
      return `promoting for term ${action.record.term}`;
    case 'detach':
      return `detaching: ${action.why}`;
    case 'follow':
      return `beginning to follow ${action.primary.member}`;
    case 'attend':
      return `following ${action.record.primary.member}`;
    case 'serve':
      return action.registerFresh ? 'serving' : 'serving; the register does not answer';
    case 'ask':
      return action.by === 'leaving'
        ? 'asking for a switchover: the instance is about to go'
        : 'asking for a switchover: the volume is nearly full';
    case 'withdraw':
      return `giving up the switchover: ${action.why}`;
    case 'hand-over':
      return 'handing over';
    case 'call':
      return 'stopped to hand over; calling the election';
    case 'leave':
      return `leaving: ${action.why}`;
  }
}
