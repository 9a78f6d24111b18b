import type { Node } from '../node';
import { writeRole } from '../postgres/configuration';
import { isMarkedStandby, markStandby, stopToLastProcess } from '../postgres/start';

const PATIENCE = {
  /** The answer to an election: what a clean stop would save is not worth the wait. */
  election: { fastMs: 1_500, immediateMs: 1_500 },
  /** Nobody waits: a clean stop spares the rewind. */
  calm: { fastMs: 20_000, immediateMs: 3_000 },
} as const;

/**
 * Takes the primary's role from this directory (protocol S9): clients out, then the directory is made unable to start
 * as a primary, and only then everything is stopped to the last process. Interrupted anywhere, whoever starts it
 * again starts a standby that follows nobody.
 *
 * A disk that is full or hangs takes no mark. It is stopped all the same: only this agent starts it, and marks it first.
 */
export async function demote(node: Node, urgency: keyof typeof PATIENCE): Promise<void> {
  const { postgres } = node;
  await node.door.close();
  try {
    await writeRole(postgres, { upstream: null, syncNames: { kind: 'sentinel' } });
    await markStandby(postgres);
  } catch (error) {
    await stopToLastProcess(postgres, PATIENCE[urgency]);
    throw error;
  }
  const { clean } = await stopToLastProcess(postgres, PATIENCE[urgency]);
  if (!(await isMarkedStandby(postgres))) throw new Error('The mark as a standby did not stay; it is set again.');
  node.log.info('demoted', { clean });
}
