import type { Node } from '../node';
import { writeBase, writeRole } from '../postgres/configuration';
import type { NodeAction } from '../../core/node';
import { PostgresRefused } from '../postgres/errors';
import { markStandby, prepareStart, unmarkStandby } from '../postgres/start';
import { MAJOR_VERSION, otherVersion } from '../postgres/version';

/** A server that fails at once is not started again before this. */
const BETWEEN_STARTS_MS = 2_000;

const startedAt = new WeakMap<Node, number>();

/**
 * Starts PostgreSQL with clients held out; the next beats see what becomes of it, however long recovery takes.
 *
 * As a standby it follows nobody yet: how it gets onto the recorded timeline is decided when its end is known. As a
 * primary it keeps the names it had, which the record's guarantees imply, so nothing is acknowledged by less.
 *
 * @returns whether it was started; otherwise it is too early.
 */
export async function start(
  node: Node,
  { as, unmark }: Extract<NodeAction, { readonly kind: 'start' }>,
): Promise<boolean> {
  const { postgres } = node;
  if (performance.now() - (startedAt.get(node) ?? -Infinity) < BETWEEN_STARTS_MS) return false;
  startedAt.set(node, performance.now());
  await node.door.close();
  if (await postgres.service.hasProcess()) {
    // Orphans of a postmaster that was killed could still write, and be acknowledged, beside a new one.
    await postgres.service.stop('kill');
    if (await postgres.service.hasProcess()) return false;
  }
  const version = await otherVersion(postgres);
  if (version !== undefined) {
    throw new PostgresRefused(
      `The data directory is of PostgreSQL ${version}, this node has ${MAJOR_VERSION}: it is not started. ` +
        'Deploy the version that wrote it.',
    );
  }
  await node.disk.makeRoom();
  const { ownerRefused } = await writeBase(postgres, node.config.cluster, node.settings());
  if (ownerRefused !== null) node.log.warning('parameters-refused', { reason: ownerRefused });
  if (as === 'standby') {
    await writeRole(postgres, { upstream: null, syncNames: { kind: 'sentinel' } });
    await markStandby(postgres);
  }
  const { foreignSettings } = await prepareStart(postgres);
  if (foreignSettings.length > 0) node.log.warning('foreign-settings-removed', { settings: foreignSettings });
  if (unmark === true) await unmarkStandby(postgres);
  await postgres.service.start();
  node.log.info('postgres-started', { as });
  return true;
}
