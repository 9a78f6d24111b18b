import { canSettle, nextGuarantee, type StandbyView } from '../../core/guarantee-change';
import { sameGuarantee, type Guarantee } from '../../core/guarantee';
import { placeOnChain } from '../../core/lineage';
import { bytesBetween, parseLsn, type Lsn } from '../../core/lsn';
import type { Member } from '../../core/member';
import type { SteadyRecord } from '../../core/record';
import type { NodeStatus } from '../../core/status';
import type { Node } from '../node';
import { syncNamesText } from '../postgres/conf-text';
import type { SyncNames } from '../postgres/context';
import { PostgresTimeout } from '../postgres/errors';
import { emitLocal } from '../postgres/messages';
import type { PostgresUp } from '../postgres/observation';
import { ensureMemberSlots } from '../postgres/slots';
import { withSession } from '../postgres/session';
import { enforce } from '../postgres/syncstandbys';
import { until } from '../postgres/wait';
import { rowsOf } from '../postgres/walsenders';

/**
 * More entries than this mean that changes supersede each other faster than any settles: wait for one to. Far more than
 * failed promotions leave behind, since at the limit a standby that is lost would block commits for ever.
 */
const MOST_GUARANTEES = 20;

/** While clients wait for a new primary's door it looks again at once; who has to wait longer waits for something slow. */
const HURRIED_FOR_MS = 10_000;

/** So long it then looks at nothing but the quorum. */
const HURRIED_LOOK_MS = 300;

/** Physical slots of other names are the owner's own and stay. */
const MEMBER_SLOT = /^[a-z]_[a-z0-9]{8,32}$/;

/**
 * The duties of the primary of a steady record, one step a beat:
 *
 * - what PostgreSQL enforces is the last guarantee of the record, which was recorded first (design section 4, step 2);
 * - when that is in force, a position is noted; once the guarantee's own quorum has flushed past it, every commit
 *   acknowledged under an older guarantee is covered by this one, and the older ones leave the record (3, 4);
 * - with one guarantee left, the next change is recorded beside it (1);
 * - clients are let in when everything that was visible at the start is flushed on the quorum.
 *
 * All state here is memory that a restart may lose: each step is derived again from the record.
 */
export class Serving {
  /** What is proved to be in force; undefined after a start. */
  private enforced: SyncNames | undefined;
  /** After this position every acknowledgement was given under `enforced`. */
  private settledFrom: Lsn | undefined;
  /** Everything visible when this server began to serve lies before this. */
  private floor: Lsn | undefined;
  private floorFor = '';
  private readonly wellAt = new Map<Member, number>();
  private quorumAt: number | undefined;
  private marker: Lsn | undefined;
  /** Undefined: not known. The door outlives the agent, and the beats in which this node did something else. */
  private door: 'open' | 'closed' | undefined;
  private servingSince: number | undefined;
  private steppedAt: number | undefined;
  /** Version of the record that this process wrote last, while no write of its own may be under way. */
  private writtenVersion: number | undefined;

  constructor(
    private readonly node: Node,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** This node is not primary, or PostgreSQL was restarted: nothing proved before counts. */
  forget(): void {
    this.enforced = undefined;
    this.settledFrom = undefined;
    this.floor = undefined;
    this.marker = undefined;
    this.quorumAt = undefined;
    this.door = undefined;
    this.servingSince = undefined;
    this.wellAt.clear();
  }

  /** This process has just promoted: the names were set from the sentinel and were never empty, so they are in force (protocol S1). */
  promoted(term: number, names: SyncNames): void {
    this.forget();
    this.floorFor = serverOf(term, term);
    this.enforced = names;
  }

  get isDoorOpen(): boolean {
    return this.door === 'open';
  }

  /** Since the quorum was last seen to confirm; null before. */
  quorumAgeMs(): number | null {
    return this.quorumAt === undefined ? null : this.now() - this.quorumAt;
  }

  /** @returns whether something moved, so that the next beat should come at once. */
  async step(record: SteadyRecord, seen: PostgresUp, registerFresh: boolean): Promise<boolean> {
    this.recognize(record, seen);
    this.forgiveOwnAbsence();
    const shown = record.guarantees.findLast((each) => this.isShown(each, record, seen));
    this.watchQuorum(shown, seen);
    // First, so that nothing that fails below keeps a primary that is cut off from ceasing to serve.
    if (await this.fence(seen, registerFresh)) return false;
    const last = record.guarantees.at(-1);
    if (last === undefined || last.primary !== record.primary.member)
      throw new Error('The record has no guarantee of its primary.');
    if (record.lineage.at(-1)?.timeline !== seen.timeline) {
      throw new Error(`PostgreSQL writes timeline ${seen.timeline}, recorded is ${record.lineage.at(-1)?.timeline}.`);
    }
    await this.holdSlots(record, seen);
    if (!registerFresh) {
      // The record that this node saw last may be older than what it wrote itself, so the names stay as they are.
      await this.letIn(record, shown, seen);
      return false;
    }
    const names = await this.enforceLast(record, last);
    // Clients wait for the quorum to flush, not for another look.
    if (names === 'in force' || (names === 'just set' && this.isAwaited)) await this.letIn(record, last, seen);
    if (names !== 'in force') return true;
    return (await this.moveRecord(record, last, seen)) || this.isAwaited;
  }

  /** The beat: WAL that says nothing, so that standbys know that they are fed, and the marker that the quorum is measured by. */
  async beat(): Promise<void> {
    const lsn = await emitLocal(this.node.postgres, { timeoutMs: 1_000 });
    this.marker ??= lsn;
  }

  private recognize(record: SteadyRecord, seen: PostgresUp): void {
    const server = serverOf(record.term, seen.timeline);
    if (this.floorFor !== server) this.forget();
    this.floorFor = server;
    this.floor ??= seen.insertLsn ?? seen.lsn;
    this.servingSince ??= this.now();
  }

  /** A loop that stood still saw nobody: what it did not see meanwhile, but for one beat, is no sign that a standby is lost. */
  private forgiveOwnAbsence(): void {
    const { beatMs, blindMs } = this.node.policy;
    const now = this.now();
    const absentMs = this.steppedAt === undefined ? 0 : now - this.steppedAt;
    this.steppedAt = now;
    if (absentMs <= beatMs + blindMs) return;
    for (const [member, at] of this.wellAt) this.wellAt.set(member, Math.min(now, at + absentMs - beatMs));
  }

  /** Clients wait for the door of a primary that has just begun to serve. */
  private get isAwaited(): boolean {
    return this.door !== 'open' && this.now() - (this.servingSince ?? this.now()) < HURRIED_FOR_MS;
  }

  /** Whether the server's names are those of this guarantee. */
  private isShown(guarantee: Guarantee, record: SteadyRecord, seen: PostgresUp): boolean {
    return (
      guarantee.primary === record.primary.member &&
      seen.shown.synchronousStandbyNames === syncNamesText(this.namesFor(guarantee))
    );
  }

  private namesFor(last: Guarantee): SyncNames {
    if (last.acks > 0) return { kind: 'quorum', acks: last.acks, members: last.standbys };
    return { kind: this.node.settings().whenNoStandby === 'block' ? 'sentinel' : 'none' };
  }

  /** `just set`: in force as well, but the record moves only when another look has seen it. */
  private async enforceLast(record: SteadyRecord, last: Guarantee): Promise<'in force' | 'just set' | 'not yet'> {
    const wanted = this.namesFor(last);
    if (this.enforced !== undefined && sameNames(this.enforced, wanted)) {
      this.settledFrom ??= await emitLocal(this.node.postgres, { timeoutMs: 2_000 });
      return 'in force';
    }
    const own = record.guarantees.filter((each) => each.primary === record.primary.member);
    const throughNone = wanted.kind === 'none' || (this.enforced === undefined && own.some((each) => each.acks === 0));
    if (throughNone && record.version !== this.writtenVersion) {
      // A write that was given up, by this agent or one before it, may still be under way and take `acks: 0` out of the
      // record. It is conditional on the version, so a further write keeps it from landing while the names are empty.
      await this.write(record, record);
      return 'not yet';
    }
    this.settledFrom = undefined;
    if (this.enforced === undefined) await this.enforceAnew(own, wanted);
    else await enforce(this.node.postgres, wanted, this.enforced);
    this.enforced = wanted;
    this.node.log.info('guarantee-in-force', { guarantee: last });
    return 'just set';
  }

  /**
   * Nothing is known to be in force, except that the recorded guarantees imply it: the agent or the server has just
   * started. Names are empty only under a recorded `acks: 0`, and only then may the way lead through empty names.
   * Otherwise through the sentinel: any standby that a recorded guarantee names may still count until its row says no.
   */
  private async enforceAnew(own: readonly Guarantee[], wanted: SyncNames): Promise<void> {
    if (own.some((each) => each.acks === 0)) {
      await enforce(this.node.postgres, wanted, { kind: 'none' });
      return;
    }
    const members = [...new Set(own.flatMap((each) => each.standbys))];
    await enforce(this.node.postgres, { kind: 'sentinel' }, { kind: 'quorum', acks: 1, members });
    await enforce(this.node.postgres, wanted, { kind: 'sentinel' });
  }

  /** `shown`: the recorded guarantee that the server's names are those of, if any. */
  private watchQuorum(shown: Guarantee | undefined, seen: PostgresUp): void {
    if (shown === undefined) return;
    if (this.namesFor(shown).kind === 'none') {
      this.quorumAt = this.now();
      return;
    }
    if (shown.acks === 0 || this.marker === undefined || !isFlushed(this.marker, shown, seen)) return;
    this.quorumAt = this.now();
    this.marker = undefined;
  }

  /** Neither register nor quorum: another primary may serve by now, and what is visible here is stale. */
  private async fence(seen: PostgresUp, registerFresh: boolean): Promise<boolean> {
    const { policy } = this.node;
    const servedForMs = this.now() - (this.servingSince ?? this.now());
    const registerAgeMs = registerFresh ? 0 : (this.node.watch.ageMs() ?? servedForMs);
    const quorumAgeMs = this.quorumAgeMs() ?? servedForMs;
    if (registerAgeMs <= policy.fenceMs || quorumAgeMs <= policy.fenceMs) return false;
    if (this.door === 'closed') return true;
    await this.node.door.close();
    this.door = 'closed';
    this.floor = seen.insertLsn ?? seen.lsn;
    this.node.log.warning('fenced', { registerAgeMs, quorumAgeMs });
    return true;
  }

  private async letIn(record: SteadyRecord, guarantee: Guarantee | undefined, seen: PostgresUp): Promise<void> {
    if (this.door === 'open' || this.floor === undefined || guarantee === undefined) return;
    if (this.namesFor(guarantee).kind === 'sentinel') return;
    if (!isFlushed(this.floor, guarantee, seen) && !(await this.isFlushedSoon(this.floor, guarantee))) return;
    await this.node.door.open();
    this.door = 'open';
    this.node.log.info('door-open', { term: record.term, floor: this.floor });
  }

  /** Clients wait for this moment, and a whole beat for each look would make them wait longer. */
  private async isFlushedSoon(floor: Lsn, guarantee: Guarantee): Promise<boolean> {
    if (!this.isAwaited) return false;
    try {
      await withSession(this.node.postgres, { purpose: 'observe' }, (session) =>
        until('the quorum to flush', { timeoutMs: HURRIED_LOOK_MS }, async () =>
          isFlushed(floor, guarantee, { replication: await rowsOf(session, guarantee.standbys) }),
        ),
      );
      return true;
    } catch (error) {
      if (error instanceof PostgresTimeout) return false;
      throw error;
    }
  }

  /** At most one conditional write. */
  private async moveRecord(record: SteadyRecord, last: Guarantee, seen: PostgresUp): Promise<boolean> {
    const { node } = this;
    if (record.primary.address !== node.address) {
      return this.write(record, {
        ...record,
        primary: { member: record.primary.member, address: node.address },
        endpointVersion: record.version + 1,
      });
    }
    if (record.guarantees.length > 1 && this.settledFrom !== undefined && isFlushed(this.settledFrom, last, seen)) {
      return this.write(record, { ...record, guarantees: [last] });
    }
    const { acks, whenNoStandby } = node.settings();
    const standbys = this.standbys(record, seen);
    const next = nextGuarantee(last, standbys, { ...node.policy, acks, whenNoStandby });
    if (next === undefined || record.guarantees.length >= MOST_GUARANTEES) return false;
    if (record.guarantees.length > 1 && canSettle(last, standbys, node.policy)) return false;
    return this.write(record, { ...record, guarantees: [...record.guarantees, next] });
  }

  private async write(judged: SteadyRecord, next: SteadyRecord): Promise<boolean> {
    // Until it is answered it may be under way, whatever else is seen.
    this.writtenVersion = undefined;
    const outcome = await this.node.register.replaceRecord(judged, next);
    const found = outcome.kind === 'written' ? outcome.record : outcome.found;
    if (found !== undefined) this.node.watch.take(found);
    if (outcome.kind !== 'written') return false;
    this.writtenVersion = outcome.record.version;
    this.node.log.info('record-changed', { version: outcome.record.version, guarantees: next.guarantees });
    return true;
  }

  /** What this primary can say of each member that streams from it or that its guarantee names. */
  standbys(record: SteadyRecord, seen: PostgresUp): readonly StandbyView[] {
    const named = record.guarantees.flatMap((each) => each.standbys);
    const members = new Set([...seen.replication.map((row) => row.member), ...named]);
    return [...members].map((member) => this.standby(record, member, seen));
  }

  private standby(record: SteadyRecord, member: Member, seen: PostgresUp): StandbyView {
    const row = seen.replication.find((each) => each.member === member && each.state === 'streaming');
    const peer = this.node.peers.views().find((each) => each.status?.member === member);
    const answers = peer !== undefined && peer.statusAgeMs < this.node.policy.statusFreshMs;
    const well = row !== undefined && answers;
    const now = this.now();
    if (well || !this.wellAt.has(member)) this.wellAt.set(member, now);
    const written = seen.insertLsn ?? seen.lsn;
    const space = answers ? peer.status?.disk?.volume?.space : undefined;
    return {
      member,
      streaming: row !== undefined,
      lagBytes: row === undefined || row.flushLsn === null ? Infinity : bytesBetween(row.flushLsn, written),
      proved: answers && peer.status !== undefined && isProved(record, peer.status),
      lostMs: well ? 0 : now - (this.wellAt.get(member) ?? now),
      leaving: answers && peer.status?.leaving === true,
      ...(space !== undefined && { space }),
    };
  }

  /** One physical slot for each present member of the other slots, so that no WAL it needs goes and it never counts twice (protocol S8). */
  private async holdSlots(record: SteadyRecord, seen: PostgresUp): Promise<void> {
    const peers = this.node.peers.views();
    const present = peers.map((peer) => peer.status?.member).filter((member) => typeof member === 'string');
    const named = record.guarantees.flatMap((each) => each.standbys);
    const wanted = [...new Set([...(present as Member[]), ...named])].filter((each) => each !== record.primary.member);
    const held = seen.slots
      .filter((slot) => slot.kind === 'physical' && !slot.temporary && MEMBER_SLOT.test(slot.name))
      .map((slot) => slot.name);
    const missing = wanted.some((member) => !held.includes(member));
    // Former members' slots go only when every other agent has said who it is now.
    const everybodyKnown = peers.length === this.node.peers.others().length && present.length === peers.length;
    const former = everybodyKnown && held.some((name) => !wanted.includes(name as Member));
    const lost = seen.slots.some((slot) => held.includes(slot.name) && slot.walStatus === 'lost');
    if (!missing && !former && !lost) return;
    await ensureMemberSlots(
      this.node.postgres,
      everybodyKnown ? wanted : [...new Set([...wanted, ...(held as Member[])])],
    );
  }
}

function serverOf(term: number, timeline: number): string {
  return `${term}/${timeline}`;
}

/** Whether `acks` of the guarantee's standbys have flushed past `lsn`. */
function isFlushed(
  lsn: Lsn,
  guarantee: Guarantee,
  seen: { readonly replication: readonly { readonly member: string; readonly flushLsn: Lsn | null }[] },
): boolean {
  const flushed = guarantee.standbys.filter((member) =>
    seen.replication.some((row) => row.member === member && row.flushLsn !== null && row.flushLsn >= lsn),
  );
  return flushed.length >= guarantee.acks;
}

/** The member's own WAL says that it is on the last recorded timeline, or still before its fork on the chain. */
function isProved(record: SteadyRecord, status: NodeStatus): boolean {
  const { postgres } = status;
  if (postgres.lsn === null) return false;
  const ancestry = postgres.ancestry.map((each) => ({ ...each, forkLsn: parseLsn(each.forkLsn) }));
  const place = placeOnChain(record.lineage, ancestry, parseLsn(postgres.lsn));
  return place?.onChain === true && place.index === record.lineage.length - 1;
}

function sameNames(left: SyncNames, right: SyncNames): boolean {
  if (left.kind !== 'quorum' || right.kind !== 'quorum') return left.kind === right.kind;
  const primary = 'x_unnamed00' as Member;
  return sameGuarantee(
    { primary, standbys: left.members, acks: left.acks },
    { primary, standbys: right.members, acks: right.acks },
  );
}
