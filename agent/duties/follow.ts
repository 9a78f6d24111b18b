import type { PrimaryPlace, SteadyRecord } from '../../core/record';
import { upstreamOf, type Node } from '../node';
import { attachUpstream } from '../postgres/receiver';
import { withSession } from '../postgres/session';
import { dropFormerSlots } from '../postgres/slots';

/**
 * Follows the primary of a steady record by streaming. The term is on the volume first, so that no record of an older
 * one is followed later; the disk is asked again right before PostgreSQL is told (protocol S10).
 */
export async function follow(node: Node, primary: PrimaryPlace, record: SteadyRecord): Promise<void> {
  const member = node.identity.current()?.member;
  if (member === undefined) throw new Error('A node without a member cannot follow.');
  await node.promises.raise(record.term);
  await withSession(node.postgres, {}, async (session) => {
    await dropFormerSlots(node.postgres, { through: session });
    await attachUpstream(node.postgres, upstreamOf(node, primary), member, {
      guard: () => node.promises.insistNotAbove(record.term),
      through: session,
    });
  });
  node.log.info('following', { primary: primary.member, address: primary.address, term: record.term });
}
