import type { IdentityStore } from '../identity';
import { describeError, type Log } from '../log';
import type { Promises } from '../promise';
import type { RegisterWatch } from '../register-watch';
import { obstacleOf } from './obstacle';
import { VolumeObstacle } from './states';

export interface Memory {
  readonly identity: IdentityStore;
  readonly promises: Promises;
  readonly watch: RegisterWatch;
}

/**
 * Reads what the agent must not forget. A file that cannot be understood is never taken for one that is not there: a
 * node that forgot its pledge would follow whom it has pledged against.
 *
 * @throws VolumeObstacle
 */
export async function recall({ identity, promises, watch }: Memory, volumeId: string, log: Log): Promise<void> {
  try {
    const { copied } = await identity.load();
    if (copied) log.warning('volume-copied', { member: identity.current()?.member });
    await promises.load();
    await watch.load();
  } catch (error) {
    const obstacle = obstacleOf(error, volumeId);
    if (obstacle instanceof VolumeObstacle) throw obstacle;
    throw new VolumeObstacle('state-unreadable', `${describeError(error)}.`, { cause: error });
  }
}
