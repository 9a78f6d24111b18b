import type { NodeStatus } from '../core/status';
import type { NodeConfig } from './config';
import type { InstanceIdentity } from './imds';

/** The page before there is a volume. */
export function preparing(config: NodeConfig, instance: InstanceIdentity, activity: string): NodeStatus {
  return {
    cluster: config.cluster,
    slot: config.slot,
    instanceId: instance.instanceId,
    address: instance.address,
    member: null,
    activity,
    role: 'none',
    healthy: false,
    reason: activity,
    record: null,
    pledgedTerm: 0,
    postgres: {
      state: 'absent',
      stateForMs: 0,
      inRecovery: null,
      timeline: null,
      lsn: null,
      receivedLsn: null,
      ancestry: [],
      fedAgeMs: null,
      streaming: false,
      doorOpen: false,
      localWriteAgeMs: null,
      quorumAgeMs: null,
    },
    disk: null,
    leaving: false,
    loopLateMs: 0,
  };
}
