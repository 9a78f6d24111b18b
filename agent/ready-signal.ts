import { slotOf, type Member } from '../core/member';
import type { ClusterRecord } from '../core/record';
import type { NodeStatus } from '../core/status';
import { uncounted } from '../core/wholeness';
import { readIfPresent, writeDurably } from './durable';
import type { Log } from './log';

/** What the node needs of CloudFormation. */
export interface SignalApi {
  /** `not-awaited`: CloudFormation is not waiting for anything of this resource. */
  success(uniqueId: string): Promise<'taken' | 'not-awaited'>;
}

/** Whether the cluster is no worse off with this node than it was with the one before: it serves its role, and the register counts on it. */
export function isReady(status: NodeStatus, record: ClusterRecord | undefined, acks: number): boolean {
  if (!status.healthy || status.leaving || status.member === null) return false;
  return uncounted(record, [slotOf(status.member as Member)], acks).length === 0;
}

/**
 * Tells CloudFormation, once in an instance's life, that this node is ready: a rolling update goes on to the next group
 * only then, and rolls back without it. Once, since an old node that said so again in the middle of its own replacement
 * would be taken for its successor.
 */
export class ReadySignal {
  private told: boolean | undefined;

  constructor(
    private readonly api: SignalApi,
    private readonly instanceId: string,
    /** A file of the instance, not of the volume: holds the id of the instance that has told. */
    private readonly notedIn: string,
    private readonly log: Log,
  ) {}

  /** @returns whether there is nothing left to tell. */
  async tell(ready: () => boolean): Promise<boolean> {
    // An image made of a node that has told carries its note.
    this.told ??= (await readIfPresent(this.notedIn)) === this.instanceId;
    if (this.told || !ready()) return this.told;
    const answer = await this.api.success(this.instanceId);
    await writeDurably(this.notedIn, this.instanceId);
    this.told = true;
    this.log.info('ready-told', { answer });
    return true;
  }
}
