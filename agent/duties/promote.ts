import type { Guarantee } from '../../core/guarantee';
import { isIdentified, type Ancestor, type Lineage, type LineageEntry } from '../../core/lineage';
import type { Member } from '../../core/member';
import type { PromotingRecord } from '../../core/record';
import type { Node } from '../node';
import { together } from '../together';
import { promote as promoteServer } from '../postgres/promote';
import { ensureMemberSlots } from '../postgres/slots';
import { ancestry } from '../postgres/timelines';

/**
 * Promotes this node, which the record has chosen on its pledge.
 *
 * The record already holds the new guarantee beside the old ones. Here: the promotion makes the timeline of this term with
 * clients held out and the sentinel that every standby carries, so that the names are never empty (protocol S1); the
 * whole ancestry is recorded with phase `steady` (S5). Nobody follows and nothing is acknowledged before that last write;
 * the names of the new guarantee come into force after it, while followers connect.
 *
 * Interrupted anywhere it may be begun again; overtaken by a later term, the last write is refused and this node
 * pledges like any other, with the point where its own timeline leaves the recorded chain.
 */
export async function promote(node: Node, record: PromotingRecord): Promise<void> {
  const { postgres } = node;
  const own = record.guarantees.at(-1);
  if (own?.primary !== record.primary.member) throw new Error('The record lacks the guarantee of its promotion.');
  const closed = node.door.close();
  // Slots are of the node, not of its role: followers find theirs the moment it is a primary.
  const [promotion] = await together(
    promoteServer(postgres, record.term, { after: closed }),
    ensureMemberSlots(postgres, followers(node, own)),
    closed,
  );
  if (promotion.timeline !== record.term) {
    throw new Error(
      `The promotion of term ${record.term} made timeline ${promotion.timeline}; the next election mends it.`,
    );
  }
  const ancestors = await ancestry(postgres, promotion.timeline);
  if (!isIdentified(ancestors))
    throw new Error('The first record of one of its timelines is not known: nothing is recorded.');
  const lineage = merge(record, ancestors);
  const promotedAtMs = Date.now();
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
    election: { ...record.election, chosenAtMs: record.election.chosenAtMs ?? promotedAtMs, promotedAtMs },
  });
  if (outcome.kind === 'refused') throw new Error('The record moved on during the promotion.');
  node.watch.take(outcome.record);
  node.peers.hint();
  node.log.info('promoted', { term: record.term, timeline: promotion.timeline, forkLsn: promotion.forkLsn });
}

/** Those that its guarantee names, and whoever else may come. */
function followers(node: Node, own: Guarantee): readonly Member[] {
  const others = node.peers.views().flatMap(({ status }) => (status?.member ?? []) as Member | []);
  return [...new Set([...own.standbys, ...others])];
}

/**
 * The whole ancestry becomes the lineage: an unrecorded timeline that this data went through is recorded now. When loss
 * was accepted on the way here, the own one says so: members past its fork may hold what was given up.
 */
function merge(record: PromotingRecord, ancestors: readonly Ancestor[]): Lineage {
  const { election, primary, term } = record;
  const lossy = election.lossy === true ? { lossy: true as const } : {};
  return ancestors.map((ancestor): LineageEntry => {
    const known = record.lineage.find(
      (entry) => entry.timeline === ancestor.timeline && entry.firstRecord === ancestor.firstRecord,
    );
    const own = ancestor.timeline === term ? lossy : {};
    return known ?? { ...ancestor, term: ancestor.timeline, member: primary.member, ...own };
  });
}
