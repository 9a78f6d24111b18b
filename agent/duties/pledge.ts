import { isIdentified } from '../../core/lineage';
import type { Pledge } from '../../core/pledge';
import type { ElectingRecord, PromotingRecord } from '../../core/record';
import { parseSlot } from '../../core/member';
import type { Node } from '../node';
import { detachUpstream } from '../postgres/receiver';
import { together } from '../together';
import { ancestry } from '../postgres/timelines';
import { waitForEndOfReplay } from '../postgres/wal';

/** Replay of what is already on the disk may take longer than this; the next beat then goes on waiting. */
const REPLAY_WITHIN_MS = 10_000;

/**
 * Pledges for the record's term, on a running standby.
 *
 * In this order, so that an interruption leaves either no pledge or a true one: nothing can be received any more
 * (durably: role.conf names nobody), and the term is on the volume, after which this node follows no older one; everything
 * received is replayed, and that is proved; then it is reported. What was acknowledged through this node before the pledge
 * lies at or before `endLsn`; after it, this node acknowledges nothing of an older term.
 *
 * @returns what was reported.
 */
export async function pledge(node: Node, record: ElectingRecord | PromotingRecord, leaving: boolean): Promise<Pledge> {
  const { postgres, config } = node;
  const member = node.identity.current()?.member;
  if (member === undefined) throw new Error('A node without a member cannot pledge.');
  const detached = together(node.door.close(), detachUpstream(postgres), node.promises.raise(record.term));
  const end = await waitForEndOfReplay(postgres, { timeoutMs: REPLAY_WITHIN_MS, after: detached });
  const ancestors = await ancestry(postgres, end.timeline);
  // It would count for less than it holds (core/lineage.ts).
  if (!isIdentified(ancestors))
    throw new Error('The first record of one of its timelines is not known any more: it cannot pledge.');
  const given: Pledge = {
    member,
    term: record.term,
    endLsn: end.lsn,
    ancestry: ancestors,
    electable: !leaving,
    ...(leaving ? { reason: 'its instance is about to be terminated' } : {}),
    address: node.address,
  };
  const outcome = await node.register.writePledge(parseSlot(config.slot), given);
  if (outcome === 'refused') throw new Error(`A pledge of a later term than ${record.term} stands in the register.`);
  node.log.info('pledged', { term: record.term, timeline: end.timeline, endLsn: given.endLsn });
  return given;
}
