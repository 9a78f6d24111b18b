import { isIdentified, type Ancestor } from '../core/lineage';
import type { Lsn } from '../core/lsn';
import type { PostgresView } from '../core/node';
import type { Node } from './node';
import type { PostgresObservation, PostgresUp } from './postgres/observation';
import { observe } from './postgres/observe';
import { isRevoked } from './postgres/role';
import { ancestry } from './postgres/timelines';
import { isMarkedStandby } from './postgres/start';
import { otherVersion } from './postgres/version';
import { endOfReplay } from './postgres/wal';

/** One look at this node's PostgreSQL, with what only several looks tell. */
export interface Look {
  readonly seen: PostgresObservation;
  readonly view: PostgresView;
  readonly markedStandby: boolean;
  readonly upstream: string | undefined;
  readonly ancestry: readonly Ancestor[];
  /** Milliseconds since WAL last arrived; null before the first. */
  readonly fedAgeMs: number | null;
}

type End = NonNullable<PostgresView['end']>;

const HOST_ADDRESS = /\bhostaddr='?([0-9.]+)'?/;

/** Looks at PostgreSQL and keeps the times of what changed. */
export class Observer {
  private state: PostgresView['state'] = 'absent';
  private stateSince: number;
  private received: Lsn | undefined;
  private fedAt: number | undefined;
  private proved: { readonly timeline: number; readonly end: End } | undefined;

  constructor(
    private readonly node: Node,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.stateSince = now();
  }

  /** The end has just been proved by somebody else; nothing was followed since. */
  hasProved(end: End): void {
    const timeline = end.ancestry.at(-1)?.timeline;
    this.proved = timeline === undefined ? undefined : { timeline, end };
  }

  /** `needEnd`: whether the end of a detached standby's WAL matters now; proving it costs a process. */
  async look(needEnd: boolean): Promise<Look> {
    const { postgres } = this.node;
    const ready = this.node.identity.current()?.directory === 'ready';
    const [seen, markedStandby] = await Promise.all([observe(postgres), isMarkedStandby(postgres)]);
    const state = seen.state === 'refusing' ? 'starting' : seen.state;
    const now = this.now();
    if (state !== this.state) this.stateSince = now;
    this.state = state;

    const upstream = seen.state === 'up' ? await this.upstream(seen) : undefined;
    if (seen.state !== 'up' || !seen.inRecovery || upstream !== undefined) this.proved = undefined;
    // One that this PostgreSQL cannot read never comes up.
    const version = seen.state === 'down' ? await otherVersion(postgres) : undefined;
    const ancestors = seen.state === 'up' && ready ? await ancestry(postgres, seen.timeline) : [];
    return {
      seen,
      markedStandby,
      upstream,
      ancestry: ancestors,
      fedAgeMs: seen.state === 'up' ? this.fed(seen, now) : this.fedAt === undefined ? null : now - this.fedAt,
      view: {
        state,
        inRecovery: seen.state === 'up' ? seen.inRecovery : undefined,
        stateForMs: now - this.stateSince,
        end:
          seen.state === 'up' && seen.inRecovery && ready && (needEnd || upstream !== undefined)
            ? await this.end(seen, upstream, ancestors)
            : undefined,
        replayHeld: seen.state === 'up' && seen.replayHeld,
        streaming: isStreaming(seen),
        systemId: seen.state === 'up' ? seen.systemId : undefined,
        ...(version === undefined ? {} : { otherVersion: version }),
      },
    };
  }

  /**
   * Whom it streams from, or would. `unknown`: a receiver that outlives its configuration, or a configuration whose key
   * was revoked; a detaching that was interrupted leaves either behind, and has to be finished before anybody is followed.
   */
  private async upstream(seen: PostgresUp): Promise<string | undefined> {
    const { primaryConninfo } = seen.shown;
    const configured = HOST_ADDRESS.exec(primaryConninfo)?.[1];
    if (configured === undefined) return seen.receiverPids.length > 0 ? 'unknown' : undefined;
    if (isStreaming(seen)) return configured;
    return (await isRevoked(this.node.postgres, primaryConninfo)) ? 'unknown' : configured;
  }

  /**
   * The beat reaches a standby as WAL, so only a position that moved counts, not a keepalive: the walsender of a
   * primary whose disk hangs goes on sending those. The receiver's own clock tells when it moved.
   */
  private fed(seen: PostgresUp, now: number): number | null {
    if (!seen.inRecovery) {
      this.fedAt = undefined;
      return null;
    }
    // One that never got any is unfed for as long as somebody looks.
    this.fedAt ??= now;
    if (seen.receiver !== null && seen.receivedLsn !== null && seen.receivedLsn !== this.received) {
      this.received = seen.receivedLsn;
      this.fedAt = now - Math.max(0, seen.receiver.lastMessageAgeMs ?? 0);
    }
    return now - this.fedAt;
  }

  /**
   * While it streams: what it has replayed. Otherwise the proved end of what it has (protocol S4). Proving costs a process;
   * the proof holds as long as every look since then shows that it follows nobody and has replayed nothing further, since
   * following, like every other action, is followed by a look.
   */
  private async end(
    seen: PostgresUp,
    upstream: string | undefined,
    ancestors: readonly Ancestor[],
  ): Promise<PostgresView['end']> {
    if (upstream !== undefined) {
      // Right after a switch of timelines its first record may not be here yet: nothing is known for that moment.
      return isIdentified(ancestors) ? { lsn: seen.lsn, ancestry: ancestors } : undefined;
    }
    const { proved } = this;
    if (proved?.timeline === seen.timeline && proved.end.lsn === seen.lsn) return proved.end;
    const found = await endOfReplay(this.node.postgres);
    if (found === undefined) return undefined;
    const end = { lsn: found.lsn, ancestry: await ancestry(this.node.postgres, found.timeline) };
    this.proved = { timeline: found.timeline, end };
    return end;
  }
}

export function isStreaming(seen: PostgresObservation): boolean {
  return seen.state === 'up' && seen.receiver?.streaming === true;
}
