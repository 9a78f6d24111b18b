import type { SlotEvidence } from '../../../core/evidence';

import type { NodeStatus } from '../../../core/status';
import { ADDRESS, MEMBER } from './records';

type Name = keyof typeof ADDRESS;

export function statusOf(slot: Name, role: 'primary' | 'standby', changes: Partial<NodeStatus> = {}): NodeStatus {
  return {
    cluster: 'shop',
    slot,
    instanceId: `i-${slot}`,
    address: ADDRESS[slot],
    member: MEMBER[slot],
    activity: role === 'primary' ? 'serving' : 'following',
    role,
    healthy: true,
    reason: null,
    record: { version: 5, term: 1, epoch: 'epoch', ageMs: 100 },
    pledgedTerm: 0,
    postgres: {
      state: 'up',
      stateForMs: 60_000,
      inRecovery: role === 'standby',
      timeline: 1,
      lsn: '0/3000148',
      receivedLsn: role === 'standby' ? '0/3000148' : null,
      ancestry: [{ timeline: 1, forkLsn: '0/0', firstRecord: '' }],
      fedAgeMs: role === 'standby' ? 200 : null,
      streaming: role === 'standby',
      doorOpen: true,
      localWriteAgeMs: role === 'primary' ? 100 : null,
      quorumAgeMs: role === 'primary' ? 100 : null,
    },
    disk: { answerAgeMs: 400, volume: null },
    leaving: false,
    loopLateMs: 0,
    ...changes,
  };
}

/** A slot that has been watched for a minute and answered just now. */
export function seen(slot: Name, role: 'primary' | 'standby', changes: Partial<SlotEvidence> = {}): SlotEvidence {
  return {
    slot,
    report: { slot, address: ADDRESS[slot], instanceId: `i-${slot}`, member: MEMBER[slot], hasHistory: true },
    status: statusOf(slot, role),
    statusAgeMs: 100,
    postgresAgeMs: 100,
    freshConnectionAgeMs: 100,
    localWriteAgeMs: role === 'primary' ? 100 : null,
    syncWriteAgeMs: role === 'primary' ? 100 : null,
    watchedMs: 60_000,
    ...changes,
  };
}

/** A standby that no longer gets WAL. */
export function starved(slot: Name): SlotEvidence {
  const status = statusOf(slot, 'standby');
  return seen(slot, 'standby', { status: { ...status, postgres: { ...status.postgres, fedAgeMs: 3_000 } } });
}

export function silent(slot: Name, sinceMs: number): SlotEvidence {
  return seen(slot, 'primary', {
    statusAgeMs: sinceMs,
    postgresAgeMs: sinceMs,
    localWriteAgeMs: sinceMs,
    syncWriteAgeMs: sinceMs,
  });
}
