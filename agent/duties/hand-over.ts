import { beginElection } from '../../core/begin-election';
import { NO_HAND_OVER, heirFor, heirsOf, roomierHeir, type HandOverView } from '../../core/hand-over';
import type { StandbyView } from '../../core/guarantee-change';
import { SWITCHOVER_REASON, withoutSwitchover } from '../../core/operator';
import type { Member } from '../../core/member';
import type { SteadyRecord, Switchover } from '../../core/record';
import type { NodeAction } from '../../core/node';
import type { Node } from '../node';
import { PostgresTimeout } from '../postgres/errors';
import { withSession } from '../postgres/session';
import { markStandby, stopToLastProcess } from '../postgres/start';
import { until } from '../postgres/wait';
import { together } from '../together';

/** A checkpoint of a large cache on a slow volume takes its time; clients write meanwhile. */
const CHECKPOINT_WITHIN_MS = 120_000;

/** A standby that is frozen holds the clean stop up for as long as wal_sender_timeout, 5 s (protocol L3). */
const STOP_WITHIN_MS = 7_000;
const IMMEDIATE_MS = 2_000;

interface Wish {
  /** Which one: another wish is another checkpoint. */
  readonly key: string;
  readonly since: number;
  checkpoint: HandOverView['checkpoint'];
}

/**
 * A switchover, carried out by the primary's own agent. The wish stands in the record (`Switchover`), in this term, before
 * the term rises: standbys that see an election stop receiving, and what they lack then would be lost to them.
 *
 * 1. `serve` goes on while a checkpoint is made beside it, so that the stop has little left to write.
 * 2. `hand-over`: the directory is marked, so that whoever starts it starts a standby; clients out, with a reset so that a
 *    multi-host connection string goes on, while PostgreSQL stops cleanly, which by itself waits until every standby that
 *    streams has received the shutdown checkpoint, the last record that it writes.
 * 3. `call`: the election, of the next term, in which the wanted one is favoured.
 *
 * Safe at every interruption, because nothing here is more than what a crash of this primary could do as well. Before
 * the mark it serves, or is restarted in place. After the mark it can only call the election, in which it pledges like
 * any other and may be chosen again. The election rests on pledges alone: calling it before PostgreSQL has stopped, or
 * when standbys have not received everything, costs a rewind and no commit. A write of the record that is late, doubled
 * or made from an old view is refused, since it carries the version that was judged.
 */
export class HandOver {
  private wish: Wish | undefined;
  private closedAtMs: number | undefined;
  private askedForRoomAt: number | undefined;
  private handedOverAt: number | undefined;

  constructor(
    private readonly node: Node,
    /** The checkpoint is over: what was written since is what the stop has left to write. */
    private readonly onCheckpoint: () => void,
    private readonly now: () => number,
  ) {}

  /** What is to be known before the next decision; begins the checkpoint when somebody could take over. */
  view(record: SteadyRecord, standbys: readonly StandbyView[]): HandOverView {
    const { policy } = this.node;
    const limits = { caughtUpBytes: policy.caughtUpBytes, acks: this.node.settings().acks };
    const heirs = heirsOf(record, standbys, limits);
    const { switchover } = record;
    if (switchover === undefined) {
      this.wish = undefined;
      return { ...NO_HAND_OVER, heirs, ...this.roomView(heirs, standbys) };
    }
    const wish = this.wishOf(record.term, switchover);
    if (wish.checkpoint === 'none' && heirFor(switchover, heirs) !== undefined) void this.checkpoint(wish);
    return { heirs, wishedForMs: this.now() - wish.since, checkpoint: wish.checkpoint };
  }

  async ask({ record, to, by }: Extract<NodeAction, { readonly kind: 'ask' }>): Promise<void> {
    const wish: Switchover = { to, by, requestedAtMs: Date.now() };
    if (by === 'full-disk') this.askedForRoomAt = this.now();
    await this.write(record, { ...record, switchover: wish });
    this.node.log.warning('switchover-asked', { to, by });
  }

  async withdraw(record: SteadyRecord, why: string): Promise<void> {
    await this.write(record, withoutSwitchover(record));
    this.node.log.warning('switchover-given-up', { why, wanted: record.switchover?.to });
  }

  /** Marked, clients out, stopped to the last process; what of it is done already may be done again. */
  async stop(record: SteadyRecord): Promise<void> {
    const { postgres, door, log } = this.node;
    this.closedAtMs = Date.now();
    log.info('handing-over', { term: record.term, wanted: record.switchover?.to });
    // The mark needs a little of it.
    if (this.isFull) await this.node.disk.makeRoom();
    await markStandby(postgres);
    const [, , isClean] = await together(door.close(), postgres.service.stop('fast'), this.hasEnded());
    if (!isClean) await stopToLastProcess(postgres, { fastMs: 0, immediateMs: IMMEDIATE_MS });
    log.info('handed-over', { clean: isClean });
  }

  /**
   * Whether every process has ended by itself. Nothing rests on it. The proof that a pledge rests on takes longer, and
   * clients wait; another look at the server would cost it a process while it stops.
   */
  private async hasEnded(): Promise<boolean> {
    const { service } = this.node.postgres;
    try {
      await until('PostgreSQL to stop', { timeoutMs: STOP_WITHIN_MS }, async () => !(await service.seemsToRun()));
      return true;
    } catch (error) {
      if (error instanceof PostgresTimeout) return false;
      throw error;
    }
  }

  /** The election. Whether the wish is still in the record makes no difference any more: this node has stopped. */
  async call(record: SteadyRecord): Promise<void> {
    const to = record.switchover?.to;
    const atMs = Date.now();
    const next = beginElection(record, {
      reason: SWITCHOVER_REASON,
      suspectedAtMs: this.closedAtMs ?? atMs,
      convictedAtMs: atMs,
      ...(to === undefined ? {} : { favoured: to }),
    });
    this.closedAtMs = undefined;
    const outcome = await this.node.register.replaceRecord(record, next);
    const found = outcome.kind === 'written' ? outcome.record : outcome.found;
    if (found !== undefined) this.node.watch.take(found);
    if (outcome.kind !== 'written') return;
    if (isSpare(record)) this.handedOverAt = this.now();
    this.node.peers.hint();
    this.node.log.info('election-called', { term: next.term, favoured: to });
  }

  /** How long ago this process handed over to standbys that are enough without it. */
  get handedOverMs(): number | undefined {
    return this.handedOverAt === undefined ? undefined : this.now() - this.handedOverAt;
  }

  /** Applications may only read here. */
  get isFull(): boolean {
    return this.node.disk.status()?.volume?.space === 'full';
  }

  private roomView(heirs: readonly Member[], standbys: readonly StandbyView[]): Partial<HandOverView> {
    const roomier = roomierHeir(this.node.disk.status()?.volume?.space, heirs, standbys);
    if (roomier === undefined) return {};
    return { roomier, ...(this.askedForRoomAt !== undefined && { askedForRoomMs: this.now() - this.askedForRoomAt }) };
  }

  private wishOf(term: number, switchover: Switchover): Wish {
    const key = JSON.stringify([term, switchover]);
    if (this.wish?.key !== key) this.wish = { key, since: this.now(), checkpoint: 'none' };
    return this.wish;
  }

  private async checkpoint(wish: Wish): Promise<void> {
    wish.checkpoint = 'under way';
    try {
      await withSession(this.node.postgres, { queryTimeoutMs: CHECKPOINT_WITHIN_MS }, async (session) => {
        await session.query('checkpoint');
        // A stream begins with its segment. Of a new one little has to be sent again to whoever follows the next primary.
        await session.query('select pg_switch_wal()');
      });
      wish.checkpoint = 'done';
    } catch (error) {
      this.node.log.error('checkpoint-failed', error);
      wish.checkpoint = 'failed';
    }
    this.onCheckpoint();
  }

  private async write(judged: SteadyRecord, next: SteadyRecord): Promise<void> {
    const outcome = await this.node.register.replaceRecord(judged, next);
    const found = outcome.kind === 'written' ? outcome.record : outcome.found;
    if (found !== undefined) this.node.watch.take(found);
  }
}

/** Whether whoever takes over has enough followers among the others. */
function isSpare({ guarantees }: SteadyRecord): boolean {
  const last = guarantees.at(-1);
  return last !== undefined && last.acks > 0 && last.standbys.length > last.acks;
}
