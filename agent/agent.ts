import { NO_HAND_OVER, type HandOverView } from '../core/hand-over';
import { decideNode, type NodeAction, type NodeView, type RegisterView } from '../core/node';
import type { Pledge } from '../core/pledge';
import type { ElectingRecord, PromotingRecord, SteadyRecord } from '../core/record';
import type { NodeStatus } from '../core/status';
import { clone, declare, initialize, rewind } from './duties/create';
import { demote } from './duties/demote';
import { chooseIfLast } from './duties/choose';
import { follow } from './duties/follow';
import { HandOver } from './duties/hand-over';
import { pledge } from './duties/pledge';
import { promote } from './duties/promote';
import { Serving } from './duties/serve';
import { start } from './duties/start';
import { upstreamOf, type Node } from './node';
import { describe } from './describe';
import { isStreaming, Observer, type Look } from './observation';
import { Making } from './making';
import { PostgresSqlError } from './postgres/errors';
import { hasSegmentOf } from './postgres/feed';
import { detachUpstream } from './postgres/receiver';
import { Tripwire } from './postgres/tripwire';
import { statusOf } from './status';

/** The least time between two beats, however often something moves. */
const SHORTEST_PAUSE_MS = 1;

const DOOR_EVERY_MS = 5_000;

/** A standby that has streamed nothing for this long asks whether it ever will. */
const ASK_WHEN_DRY_MS = 10_000;

export interface AgentOptions {
  /** How long the instance has been about to go; undefined while it is not. */
  readonly leavingForMs: () => number | undefined;
  /** Ends this node's service for good: stops PostgreSQL, gives the volume back, lets the instance go. */
  readonly leave: () => Promise<void>;
}

/**
 * The node's loop: observe → decide (core/node.ts) → act, about twice a second and at once when hinted.
 *
 * One action at a time. Making a directory (clone, rewind, initialize) takes long: it runs beside the loop, which goes
 * on observing and reporting, decides nothing meanwhile, and calls it off when the term changes.
 */
export class Agent {
  private readonly serving: Serving;
  private readonly handOver: HandOver;
  private readonly observer: Observer;
  private readonly tripwire: Tripwire;
  /** What this process has pledged and reported. */
  private reported = { term: 0, leaving: false };
  private record: RegisterView | undefined;
  private look: Look | undefined;
  private lookedAt = -Infinity;
  private doing: NodeAction = { kind: 'hold', reason: 'starting' };
  private failure: string | undefined;
  private lateMs = 0;
  private wake: (() => void) | undefined;
  private wanted = false;
  private stopped = false;
  private readonly making: Making;
  private localWriteAt: number | undefined;
  private doorSeenOpenAt = -Infinity;
  private dryAt: number | undefined;
  private starved = false;

  constructor(
    private readonly node: Node,
    private readonly options: AgentOptions,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.serving = new Serving(node, now);
    this.handOver = new HandOver(node, () => this.hint(), now);
    this.observer = new Observer(node, now);
    this.making = new Making({ log: node.log, onDone: () => this.hint(), now });
    this.tripwire = new Tripwire(node.postgres, () => this.hint());
  }

  /** Runs until {@link stop}. */
  async run(): Promise<void> {
    const beating = setInterval(() => void this.sendBeat(), this.node.policy.beatMs);
    try {
      while (!this.stopped) {
        const began = this.now();
        const moved = await this.beat();
        await this.pause(moved ? SHORTEST_PAUSE_MS : this.node.policy.beatMs - (this.now() - began));
      }
    } finally {
      clearInterval(beating);
      this.tripwire.cut();
    }
  }

  stop(): void {
    this.stopped = true;
    this.hint();
  }

  /** "Look now": the next beat comes at once. */
  hint(): void {
    this.wanted = true;
    this.wake?.();
  }

  status(): NodeStatus {
    // A look of long ago proves neither that WAL arrives nor that none does.
    const isOld = this.now() - this.lookedAt > this.node.policy.statusFreshMs;
    return statusOf(this.node, {
      look: isOld && this.look !== undefined ? { ...this.look, fedAgeMs: null } : this.look,
      record: this.record,
      doing: this.doing,
      failure: this.failure ?? this.making.failure,
      doorOpen: this.doorOpen,
      localWriteAgeMs: this.localWriteAt === undefined ? null : this.now() - this.localWriteAt,
      quorumAgeMs: this.serving.quorumAgeMs(),
      leavingForMs: this.options.leavingForMs(),
      lateMs: this.lateMs,
    });
  }

  /** @returns whether something moved, so that the next beat should come at once. */
  private async beat(): Promise<boolean> {
    try {
      const last = this.node.watch.lastSeen();
      const own = this.node.identity.current()?.member;
      // While another one promotes, so that the beat which finds it steady can follow at once.
      const needEnd = (last?.phase === 'steady' || last?.phase === 'promoting') && last.primary.member !== own;
      const looking = this.observer.look(needEnd).then((look) => {
        this.look = look;
        this.lookedAt = this.now();
        if (look.seen.state === 'up') this.tieTripwire();
        return look;
      });
      const [record, look] = await Promise.all([this.node.watch.look(), looking]);
      this.record = record;
      if (this.making.term !== undefined) {
        const term = this.node.watch.lastSeen()?.term;
        if (this.isLeaving || (term !== undefined && term > this.making.term)) this.making.callOff();
        return false;
      }
      let moved = await this.act(record, look);
      // It has pledged last and chosen itself: nothing of its look has changed that a promotion goes by.
      const chosen = this.doing.kind === 'pledge' ? this.node.watch.lastSeen() : undefined;
      if (chosen?.phase === 'promoting' && chosen.primary.member === own) {
        moved = await this.act({ kind: 'read', record: chosen }, look);
      }
      this.failure = undefined;
      return moved;
    } catch (error) {
      this.failure = String(error instanceof Error ? error.message : error);
      this.node.log.error('beat-failed', error, { doing: this.doing.kind });
      return false;
    }
  }

  private async act(record: RegisterView, look: Look): Promise<boolean> {
    this.record = record;
    const action = decideNode(this.view(record, look));
    this.tell(action);
    return this.perform(action, look);
  }

  private tieTripwire(): void {
    this.tripwire.keepTied().catch((error: unknown) => {
      this.node.log.info('tripwire-not-tied', { reason: String(error) });
    });
  }

  private get isLeaving(): boolean {
    return this.options.leavingForMs() !== undefined;
  }

  private async pledge(record: ElectingRecord | PromotingRecord): Promise<boolean> {
    const leaving = this.isLeaving;
    const given = await pledge(this.node, record, leaving);
    this.reported = { term: record.term, leaving };
    this.observer.hasProved({ lsn: given.endLsn, ancestry: given.ancestry });
    if (record.phase === 'electing') await this.choose(record, given);
    return true;
  }

  /** It has pledged, and that is what this beat was for: a coordinator chooses as well. */
  private async choose(record: ElectingRecord, own: Pledge): Promise<void> {
    try {
      await chooseIfLast(this.node, record, own, this.electingForMs(record.term));
    } catch (error) {
      this.node.log.warning('not-chosen', { reason: String(error) });
    }
  }

  private electingForMs(term: number): number {
    if (this.electing.term !== term) this.electing = { term, since: this.now() };
    return this.now() - this.electing.since;
  }

  /** The term of the election that was seen last, and since when. */
  private electing = { term: 0, since: 0 };

  private handOverView(register: RegisterView, look: Look): HandOverView {
    if (register.kind !== 'read' || register.record.phase !== 'steady' || look.seen.state !== 'up') return NO_HAND_OVER;
    const { record } = register;
    if (look.seen.inRecovery || record.primary.member !== this.node.identity.current()?.member) return NO_HAND_OVER;
    const isAsked = record.switchover !== undefined || this.isLeaving || this.handOver.isFull;
    if (!isAsked) return this.handOver.view(record, []);
    return this.handOver.view(record, this.serving.standbys(record, look.seen));
  }

  private view(register: RegisterView, look: Look): NodeView {
    const identity = this.node.identity.current();
    return {
      policy: this.node.policy,
      slot: this.node.config.slot,
      address: this.node.address,
      register,
      directory: identity?.directory ?? 'absent',
      member: identity?.member,
      pledgedTerm: this.node.promises.current(),
      // Whether a pledge is electable may change while the election waits: then it is given again.
      reportedTerm: this.reported.leaving === this.isLeaving ? this.reported.term : 0,
      markedStandby: look.markedStandby,
      postgres: look.view,
      upstream: look.upstream,
      starved: this.starved,
      leavingForMs: this.options.leavingForMs(),
      handedOverMs: this.handOver.handedOverMs,
      handOver: this.handOverView(register, look),
    };
  }

  private async perform(action: NodeAction, look: Look): Promise<boolean> {
    if (!isServing(action)) this.serving.forget();
    if (action.kind !== 'attend') {
      this.doorSeenOpenAt = -Infinity;
      this.dryAt = undefined;
    }
    switch (action.kind) {
      case 'hold':
        return false;
      case 'initialize':
        this.making.begin(action.kind, 1, () => initialize(this.node));
        return false;
      case 'declare':
        await declare(this.node, action.record);
        return true;
      case 'clone':
        this.starved = false;
        this.making.begin(action.kind, action.term, (signal) => clone(this.node, action, signal));
        return false;
      case 'rewind':
        this.making.begin(action.kind, action.record.term, (signal) =>
          rewind(this.node, action.from, action.record, signal),
        );
        return false;
      case 'start':
        return start(this.node, action);
      case 'demote':
        await demote(
          this.node,
          this.record?.kind === 'read' && this.record.record.phase === 'steady' ? 'calm' : 'election',
        );
        return true;
      case 'pledge':
        return this.pledge(action.record);
      case 'promote':
        if (look.seen.state !== 'up') return false;
        await promote(this.node, action.record);
        // One that was a primary already may carry any names that its guarantees allow.
        if (look.seen.inRecovery) this.serving.promoted(action.record.term, { kind: 'sentinel' });
        return true;
      case 'detach':
        // What readers would see from here on is old.
        await this.node.door.close();
        await detachUpstream(this.node.postgres);
        return true;
      case 'follow':
        await follow(this.node, action.primary, action.record);
        return true;
      case 'attend':
        return this.attend(action.record, look);
      case 'serve':
        if (look.seen.state !== 'up') return false;
        return this.serving.step(action.record, look.seen, action.registerFresh);
      case 'ask':
        await this.handOver.ask(action);
        return true;
      case 'withdraw':
        await this.handOver.withdraw(action.record, action.why);
        return true;
      case 'hand-over':
        await this.handOver.stop(action.record);
        await this.handOver.call(action.record);
        return true;
      case 'call':
        await this.handOver.call(action.record);
        return true;
      case 'leave':
        await this.options.leave();
        this.stopped = true;
        return false;
    }
  }

  /** Readers are let in while this standby follows. Asking the packet filter costs a process, so now and then. */
  private async attend(record: SteadyRecord, look: Look): Promise<boolean> {
    if (await this.isStarved(record, look)) {
      this.starved = true;
      return true;
    }
    if (this.now() - this.doorSeenOpenAt < DOOR_EVERY_MS) return false;
    await this.node.door.keepOpen();
    this.doorSeenOpenAt = this.now();
    return false;
  }

  /** Asked when nothing has streamed for a while: a standby that was away for long may need WAL that nobody kept. */
  private async isStarved(record: SteadyRecord, look: Look): Promise<boolean> {
    if (isStreaming(look.seen) || look.seen.state !== 'up') this.dryAt = undefined;
    else this.dryAt ??= this.now();
    if (look.seen.state !== 'up' || this.dryAt === undefined || this.now() - this.dryAt < ASK_WHEN_DRY_MS) return false;
    this.dryAt = this.now();
    try {
      return !(await hasSegmentOf(this.node.postgres, upstreamOf(this.node, record.primary), look.seen.lsn));
    } catch (error) {
      this.node.log.info('primary-not-asked', { reason: String(error) });
      return false;
    }
  }

  private async sendBeat(): Promise<void> {
    if (!isServing(this.doing) || this.beatUnderWay) return;
    this.beatUnderWay = true;
    try {
      await this.serving.beat();
      this.localWriteAt = this.now();
    } catch (error) {
      if (error instanceof PostgresSqlError) this.localWriteAt = this.now();
      this.node.log.warning('beat-not-written', { reason: String(error) });
    } finally {
      this.beatUnderWay = false;
    }
  }

  private beatUnderWay = false;

  private get doorOpen(): boolean {
    return this.doing.kind === 'attend' || (isServing(this.doing) && this.serving.isDoorOpen);
  }

  private tell(action: NodeAction): void {
    const before = describe(this.doing);
    this.doing = action;
    const now = describe(action);
    if (now === before) return;
    this.making.forgetFailure();
    this.node.activity(now);
    this.node.log.info('doing', { action: action.kind, activity: now });
  }

  private async pause(ms: number): Promise<void> {
    if (!this.wanted) {
      const planned = this.now() + ms;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(SHORTEST_PAUSE_MS, ms));
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.wake = undefined;
      this.lateMs = this.wanted ? 0 : Math.max(0, this.now() - planned);
    }
    this.wanted = false;
  }
}

/** It serves as primary, in this beat and around it. */
function isServing({ kind }: NodeAction): boolean {
  return kind === 'serve' || kind === 'ask' || kind === 'withdraw';
}
