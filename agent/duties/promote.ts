import type { Guarantee } from '../../core/guarantee';
import { isIdentified, type Ancestor, type Lineage, type LineageEntry } from '../../core/lineage';
import type { Member } from '../../core/member';
import type { PromotingRecord } from '../../core/record';
import type { Node } from '../node';
import { applyRole } from '../postgres/configuration';
import type { SyncNames } from '../postgres/context';
import { observe } from '../postgres/observe';
import { promote as promoteServer } from '../postgres/promote';
import { ensureMemberSlots } from '../postgres/slots';
import { ancestry } from '../postgres/timelines';

/**
 * Promotes this node, which the record has chosen on its pledge.
 *
 * The record already holds the new guarantee beside the old ones. Here: its names are set while the server is still a
 * standby (from the sentinel, so they are never empty: protocol S1); the promotion makes the timeline of this term with
 * clients held out; the whole ancestry is recorded with phase `steady` (S5). Nobody follows and nothing is
 * acknowledged before that last write. With acks 0 the sentinel stays until then.
 *
 * Interrupted anywhere it may be begun again; overtaken by a later term, the last write is refused and this node
 * pledges like any other, with the point where its own timeline leaves the recorded chain.
 *
 * @returns the names that are in force.
 */
export async function promote(node: Node, record: PromotingRecord): Promise<SyncNames> {
  const { postgres } = node;
  const own = record.guarantees.at(-1);
  if (own?.primary !== record.primary.member) throw new Error('The record lacks the guarantee of its promotion.');
  await node.door.close();

  const before = await observe(postgres);
  if (before.state !== 'up') throw new Error(`PostgreSQL is ${before.state}; it cannot be promoted.`);
  const names = namesBeforeSteady(own);
  if (before.inRecovery) await applyRole(postgres, { upstream: null, syncNames: names });
  const promotion = await promoteServer(postgres, record.term);
  if (promotion.timeline !== record.term) {
    throw new Error(
      `The promotion of term ${record.term} made timeline ${promotion.timeline}; the next election mends it.`,
    );
  }
  await ensureMemberSlots(postgres, own.standbys);

  const ancestors = await ancestry(postgres, promotion.timeline);
  if (!isIdentified(ancestors))
    throw new Error('The first record of one of its timelines is not known: nothing is recorded.');
  const lineage = merge(record, ancestors, record.primary.member);
  const outcome = await node.register.replaceRecord(record, {
    epoch: record.epoch,
    term: record.term,
    paused: record.paused,
    systemId: record.systemId,
    guarantees: record.guarantees,
    lineage,
    phase: 'steady',
    primary: { member: record.primary.member, address: node.address },
    endpointVersion: record.version + 1,
  });
  if (outcome.kind === 'refused') throw new Error('The record moved on during the promotion.');
  node.watch.take(outcome.record);
  node.peers.hint();
  node.log.info('promoted', { term: record.term, timeline: promotion.timeline, forkLsn: promotion.forkLsn });
  return names;
}

function namesBeforeSteady(own: Guarantee): SyncNames {
  return own.acks === 0 ? { kind: 'sentinel' } : { kind: 'quorum', acks: own.acks, members: own.standbys };
}

/** The whole ancestry becomes the lineage: an unrecorded timeline that this data went through is recorded now. */
function merge(record: PromotingRecord, ancestors: readonly Ancestor[], me: Member): Lineage {
  return ancestors.map((ancestor): LineageEntry => {
    const known = record.lineage.find(
      (entry) => entry.timeline === ancestor.timeline && entry.firstRecord === ancestor.firstRecord,
    );
    return known ?? { ...ancestor, term: ancestor.timeline, member: me };
  });
}
