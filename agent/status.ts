import { placeOnChain } from '../core/lineage';
import { formatLsn } from '../core/lsn';
import type { NodeAction, RegisterView } from '../core/node';
import type { NodeStatus } from '../core/status';
import type { Node } from './node';
import { describe } from './describe';
import { isStreaming, type Look } from './observation';

/** What the loop knows, as the status page tells it. */
export interface Facts {
  readonly look: Look | undefined;
  readonly record: RegisterView | undefined;
  readonly doing: NodeAction;
  readonly failure: string | undefined;
  readonly doorOpen: boolean;
  readonly localWriteAgeMs: number | null;
  readonly quorumAgeMs: number | null;
  readonly leavingForMs: number | undefined;
  readonly lateMs: number;
}

export function statusOf(node: Node, facts: Facts): NodeStatus {
  const { look } = facts;
  const disk = node.disk.status();
  const seen = look?.seen.state === 'up' ? look.seen : undefined;
  const reason = unhealthyBecause(facts, disk?.volume?.space === 'full');
  const last = node.watch.lastSeen();
  const role = seen === undefined ? 'none' : seen.inRecovery ? 'standby' : 'primary';
  return {
    cluster: node.config.cluster,
    slot: node.config.slot,
    instanceId: node.instanceId,
    address: node.address,
    member: node.identity.current()?.member ?? null,
    activity: describe(facts.doing),
    role,
    healthy: reason === null,
    reason,
    record:
      last === undefined
        ? null
        : { version: last.version, term: last.term, epoch: last.epoch, ageMs: Math.max(0, node.watch.ageMs() ?? 0) },
    pledgedTerm: node.promises.current(),
    postgres: {
      state: look?.seen.state ?? 'absent',
      stateForMs: look?.view.stateForMs ?? 0,
      inRecovery: seen?.inRecovery ?? null,
      timeline: seen?.timeline ?? null,
      lsn: seen === undefined ? null : formatLsn(seen.insertLsn ?? seen.lsn),
      receivedLsn: seen === undefined || seen.receivedLsn === null ? null : formatLsn(seen.receivedLsn),
      ancestry: (look?.ancestry ?? []).map(({ timeline, forkLsn, firstRecord }) => ({
        timeline,
        firstRecord,
        forkLsn: formatLsn(forkLsn),
      })),
      fedAgeMs: look?.fedAgeMs ?? null,
      streaming: look !== undefined && isStreaming(look.seen),
      doorOpen: facts.doorOpen,
      localWriteAgeMs: role === 'primary' ? facts.localWriteAgeMs : null,
      quorumAgeMs: role === 'primary' ? facts.quorumAgeMs : null,
    },
    disk,
    leaving: facts.leavingForMs !== undefined,
    ...(facts.leavingForMs === undefined ? {} : { leavingForMs: facts.leavingForMs }),
    loopLateMs: Math.round(facts.lateMs),
  };
}

/** Null when this node serves its role. */
function unhealthyBecause(facts: Facts, isFull: boolean): string | null {
  const { doing, look, record } = facts;
  if (facts.failure !== undefined) return facts.failure;
  if (look === undefined || record === undefined) return 'the agent has just started';
  if (facts.leavingForMs !== undefined) return 'the instance is about to be terminated';
  if (doing.kind === 'serve') {
    if (isFull) return 'its volume is nearly full: applications may only read';
    return facts.doorOpen ? null : 'clients are not let in yet';
  }
  if (doing.kind !== 'attend') return describe(doing);
  if (!isStreaming(look.seen)) return 'it does not stream yet';
  if (look.view.end === undefined) return 'it has not proved its timeline yet';
  const place = placeOnChain(doing.record.lineage, look.view.end.ancestry, look.view.end.lsn);
  return place?.onChain === true && place.index === doing.record.lineage.length - 1
    ? null
    : 'it has not reached the recorded timeline yet';
}
