import { guarantee, names, type Guarantee } from '../../../core/guarantee';
import { nextGuarantee } from '../../../core/guarantee-change';
import { placeOnChain, wayOntoChain, type Ancestor, type LineageEntry } from '../../../core/lineage';
import { newMember, slotOf, type Member, type Slot } from '../../../core/member';
import type { Pledge } from '../../../core/pledge';
import type { ClusterRecord, SteadyRecord } from '../../../core/record';
import { addressOf, at, SYSTEM_ID } from './records';
import type { Rules } from './rules';

/** One WAL record. `value` is unlike any other's, so a log holds a commit exactly when it holds its value. */
interface Entry {
  readonly timeline: number;
  readonly value: number;
  readonly begins?: true;
}

/** A node: its volume, its PostgreSQL, and what its agent has seen. */
interface Peer {
  readonly slot: Slot;
  member: Member;
  directory: 'ready' | 'rewinding';
  isRewinding: boolean;
  log: readonly Entry[];
  role: 'primary' | 'standby';
  /** Whom its PostgreSQL streams from. */
  upstream: Member | undefined;
  pledgedTerm: number;
  /** The record as its agent last read it: perhaps long ago. */
  seen: ClusterRecord;
  /** What its walsenders go by: one setting, or several while a change is not in force everywhere. 'nobody' is the sentinel. */
  inForce: readonly (Guarantee | 'nobody')[];
  /** After this length every acknowledgement was given under the last recorded guarantee. */
  settledFrom: number | undefined;
}

export interface WorldOptions {
  readonly rules: Rules;
  readonly size: 3 | 5;
  readonly acks: number;
  /** Which pledges can be given by members that could not serve. */
  readonly mayBeUnelectable: boolean;
  readonly isWithRogues: boolean;
}

export interface Step {
  readonly what: string;
  /** How much more often it happens than the rarest: life between two failovers is long. */
  readonly weight: number;
  readonly run: () => void;
}

const WEIGHTS: readonly (readonly [RegExp, number])[] = [
  [/ receives$/, 8],
  [/ (commits|reads|follows|pledges|declares itself|has names in force|settles)$/, 4],
  [/ (elects|is promoted by hand|loses .)$/, 1],
];
const USUAL_WEIGHT = 2;

const LONGEST_LOG = 9;
const HIGHEST_TERM = 6;

type Happening = Omit<Step, 'weight'>;

export class Violation extends Error {}

/**
 * A cluster in memory: logs, streams, the register, and agents that act on what they once read. Every write to the
 * register is conditional on the version that was read, as in life. Whoever drives it picks any of {@link steps}, in any
 * order: whatever is not picked is late, lost or dead.
 *
 * What it watches over: whoever is chosen, and whoever begins to serve, holds every commit ever acknowledged; and nobody
 * acknowledges what a later primary lacks.
 */
export class World {
  readonly told: string[] = [];
  private readonly peers: Peer[];
  private record: ClusterRecord;
  private readonly pledges = new Map<Slot, Pledge>();
  private readonly acknowledged = new Map<number, { readonly timeline: number }>();
  private readonly crowned: { readonly term: number; readonly values: ReadonlySet<number> }[] = [];
  private nextValue = 100;
  private nextId = 1;

  constructor(private readonly options: WorldOptions) {
    const slots = ['a', 'b', 'c', 'd', 'e'].slice(0, options.size) as Slot[];
    const members = slots.map((slot) => this.nextMember(slot));
    const [first, ...others] = members;
    if (first === undefined) throw new Error('A world without anybody.');
    const acks = Math.min(options.acks, others.length);
    const atRest = guarantee(first, others, acks);
    const record: SteadyRecord = {
      epoch: 'epoch-1',
      version: 1,
      term: 1,
      paused: false,
      phase: 'steady',
      systemId: SYSTEM_ID,
      endpointVersion: 1,
      primary: { member: first, address: addressOf(first) },
      guarantees: [atRest],
      lineage: [{ timeline: 1, term: 1, member: first, forkLsn: at(0), firstRecord: '' }],
    };
    this.record = record;
    this.peers = members.map((member, nth) => ({
      slot: slotOf(member),
      member,
      directory: 'ready',
      isRewinding: false,
      log: [{ timeline: 1, value: 0 }],
      role: nth === 0 ? 'primary' : 'standby',
      upstream: nth === 0 ? undefined : first,
      pledgedTerm: 1,
      seen: record,
      inForce: [nth === 0 ? atRest : 'nobody'],
      settledFrom: nth === 0 ? 1 : undefined,
    }));
  }

  /** Lets happen what the numbers pick, one after the other. */
  live(picks: readonly number[]): void {
    for (const pick of picks) {
      const steps = this.steps();
      let left = pick % steps.reduce((sum, { weight }) => sum + weight, 0);
      const picked = steps.find(({ weight }) => (left -= weight) < 0);
      if (picked === undefined) return;
      picked.run();
    }
  }

  /** Everything that could happen next. */
  steps(): readonly Step[] {
    return [...this.peers.flatMap((peer) => this.stepsOf(peer)), ...this.coordination()].map(({ what, run }) => ({
      what,
      weight: WEIGHTS.find(([pattern]) => pattern.test(what))?.[1] ?? USUAL_WEIGHT,
      run: () => {
        this.told.push(what);
        run();
      },
    }));
  }

  get term(): number {
    return this.record.term;
  }

  get commits(): number {
    return this.acknowledged.size;
  }

  private stepsOf(peer: Peer): Happening[] {
    const found: Happening[] = [];
    const may = (is: boolean, what: string, run: () => void): void => {
      if (is) found.push({ what: `${peer.slot} ${what}`, run });
    };
    const { seen } = peer;
    may(seen.version !== this.record.version, 'reads', () => (peer.seen = this.record));
    may(peer.role === 'primary' && peer.log.length < LONGEST_LOG, 'commits', () => this.commit(peer));
    may(this.mayReceive(peer), 'receives', () => this.receive(peer));
    may(peer.isRewinding, 'is rewound', () => this.finishRewind(peer));
    if (peer.directory !== 'ready' || seen.term < peer.pledgedTerm) return found;

    if (seen.phase === 'electing' || seen.phase === 'promoting') {
      const isChosen = seen.phase === 'promoting' && seen.primary.member === peer.member;
      if (!isChosen) {
        const isAttached = peer.role === 'primary' || peer.upstream !== undefined;
        may(isAttached, 'detaches', () => this.detach(peer));
        may(!isAttached || !this.options.rules.detachesFirst, 'pledges', () => this.pledge(peer, true));
        may(this.options.mayBeUnelectable && !isAttached, 'pledges, sick', () => this.pledge(peer, false));
      } else if (peer.pledgedTerm === seen.term) {
        may(peer.role === 'standby' && peer.upstream === undefined, 'promotes', () => this.promote(peer));
        may(peer.role === 'primary', 'declares itself', () => this.declare(peer));
      }
    }
    if (seen.phase === 'steady' && seen.primary.member === peer.member && peer.role === 'primary') {
      found.push(...this.serving(peer, seen));
    }
    const isUnserved = seen.phase === 'steady' || (seen.phase === 'promoting' && !this.options.rules.followsSteadyOnly);
    may(isUnserved && seen.primary.member !== peer.member, 'follows', () => this.follow(peer));
    may(this.mayGoRogue(peer), 'is promoted by hand', () => this.goRogue(peer));
    return found;
  }

  private coordination(): Happening[] {
    const { record } = this;
    if (record.phase === 'electing') {
      const pledges = [...this.pledges.values()];
      const all: Happening = { what: 'the coordinator chooses', run: () => this.choose(pledges) };
      const without = pledges.map((left): Happening => ({
        what: `the coordinator chooses without ${slotOf(left.member)}`,
        run: () => this.choose(pledges.filter((each) => each !== left)),
      }));
      return [all, all, ...without];
    }
    if (record.phase === 'bootstrapping' || record.term >= HIGHEST_TERM) return [];
    const { primary, ...rest } = record;
    const election = { reason: 'any', deposed: primary.member, suspectedAtMs: 0, convictedAtMs: 0 };
    return [
      {
        what: 'the coordinator elects',
        run: () => {
          this.write(record, { ...rest, term: record.term + 1, phase: 'electing', election });
        },
      },
    ];
  }

  // --- PostgreSQL

  private commit(peer: Peer): void {
    const timeline = peer.log.at(-1)?.timeline ?? 1;
    peer.log = [...peer.log, { timeline, value: this.nextValue }];
    this.nextValue += 1;
    this.acknowledge(peer);
  }

  private mayReceive(peer: Peer): boolean {
    const source = this.find(peer.upstream);
    if (source?.role !== 'primary' || peer.role === 'primary') return false;
    return peer.log.length < source.log.length && isPrefix(peer.log, source.log);
  }

  private receive(peer: Peer): void {
    const source = this.find(peer.upstream);
    const next = source?.log[peer.log.length];
    if (source === undefined || next === undefined) return;
    peer.log = [...peer.log, next];
    this.acknowledge(source);
  }

  private hasFlushed(primary: Peer, member: Member, length: number): boolean {
    const standby = this.find(member);
    return standby?.upstream === primary.member && standby.log.length >= length && isPrefix(standby.log, primary.log);
  }

  /** A commit is acknowledged when any setting that may still be in force is satisfied. */
  private acknowledge(peer: Peer): void {
    for (const [nth, { value, timeline, begins }] of peer.log.entries()) {
      if (begins === true || value < 100 || this.acknowledged.has(value)) continue;
      const isConfirmed = peer.inForce.some((each) => {
        if (each === 'nobody') return false;
        const confirming = each.standbys.filter((member) => this.hasFlushed(peer, member, nth + 1));
        return confirming.length >= each.acks;
      });
      if (!isConfirmed) continue;
      this.acknowledged.set(value, { timeline });
      const mine = peer.log.at(-1)?.timeline ?? 1;
      const lacking = this.crowned.find((each) => each.term > mine && !each.values.has(value));
      if (lacking !== undefined) {
        throw new Violation(`${peer.slot} acknowledges ${value}, which the primary of term ${lacking.term} lacks.`);
      }
    }
  }

  // --- The agent of a node that is in an election

  private detach(peer: Peer): void {
    peer.role = 'standby';
    peer.upstream = undefined;
    peer.inForce = ['nobody'];
    peer.settledFrom = undefined;
  }

  private pledge(peer: Peer, isElectable: boolean): void {
    peer.pledgedTerm = peer.seen.term;
    const given = this.pledges.get(peer.slot);
    if (given !== undefined && given.term > peer.seen.term) return;
    this.pledges.set(peer.slot, {
      member: peer.member,
      term: peer.seen.term,
      endLsn: at(peer.log.length),
      ancestry: ancestryOf(peer.log),
      electable: isElectable,
      address: addressOf(peer.member),
    });
  }

  private choose(pledges: readonly Pledge[]): void {
    const { record } = this;
    if (record.phase !== 'electing') return;
    const next = this.options.rules.choose(record, pledges);
    if (next === undefined) return;
    const pledged = this.pledges.get(slotOf(next.primary.member));
    const chosen = this.find(next.primary.member);
    const values = new Set(chosen?.log.slice(0, Number(pledged?.endLsn ?? 0)).map(({ value }) => value));
    this.mustHoldAll(values, `chosen for term ${record.term}`, next.primary.member);
    this.write(record, next);
  }

  private promote(peer: Peer): void {
    const { seen } = peer;
    const last = peer.log.at(-1)?.timeline ?? 1;
    if (seen.phase !== 'promoting' || seen.term <= last) return;
    const own = seen.guarantees.at(-1);
    peer.role = 'primary';
    peer.inForce = [own === undefined || own.acks === 0 ? 'nobody' : own];
    peer.settledFrom = undefined;
    const isNew = this.options.rules.newTimelineEachTerm || !this.wasPrimaryOf(peer, last);
    if (isNew) peer.log = [...peer.log, { timeline: seen.term, value: this.nextValue, begins: true }];
    this.nextValue += 1;
  }

  private declare(peer: Peer): void {
    const { seen } = peer;
    if (seen.phase !== 'promoting') return;
    const made = ancestryOf(peer.log);
    const entries = made.map(
      (ancestor): LineageEntry =>
        seen.lineage.find(
          (entry) => entry.timeline === ancestor.timeline && entry.firstRecord === ancestor.firstRecord,
        ) ?? { ...ancestor, term: ancestor.timeline, member: peer.member },
    );
    const tip = entries.at(-1);
    const lineage = this.options.rules.recordsAncestry || tip === undefined ? entries : [...seen.lineage, tip];
    const { epoch, version, term, paused, systemId, guarantees, endpointVersion, primary } = seen;
    const common = { epoch, version, term, paused, systemId, guarantees, endpointVersion, primary };
    if (this.write(seen, { ...common, phase: 'steady', lineage })) {
      const values = new Set(peer.log.map(({ value }) => value));
      this.mustHoldAll(values, `steady in term ${seen.term}`, peer.member);
      this.crowned.push({ term: seen.term, values });
    }
    peer.seen = this.record;
  }

  // --- The agent of the primary

  private serving(peer: Peer, seen: SteadyRecord): Happening[] {
    const last = seen.guarantees.at(-1);
    if (last === undefined) return [];
    const found: Happening[] = [];
    const step = (what: string, run: () => void): void => void found.push({ what: `${peer.slot} ${what}`, run });
    const isInForce = peer.inForce.at(-1) === last && peer.settledFrom !== undefined;
    if (!isInForce) {
      const isOverdue = !peer.inForce.includes(last);
      if (isOverdue && this.options.rules.waitsForForce) step('sets names', () => this.enforce(peer, last));
      else step('has names in force', () => this.inForce(peer, last));
      return found;
    }
    const settledFrom = peer.settledFrom ?? 0;
    const flushed = last.standbys.filter((member) => this.hasFlushed(peer, member, settledFrom)).length;
    if (seen.guarantees.length > 1 && (flushed >= last.acks || !this.options.rules.waitsForFlush)) {
      step('settles', () => {
        this.write(seen, { ...seen, guarantees: [last] });
        peer.seen = this.record;
      });
    }
    const others = this.peers.filter((each) => each !== peer).map((each) => each.member);
    for (const gone of [undefined, ...last.standbys]) {
      const next = this.nextFor(peer, seen, last, others, gone);
      if (next === undefined || seen.guarantees.length > 3) continue;
      step(gone === undefined ? 'changes its guarantee' : `loses ${slotOf(gone)}`, () => {
        this.write(seen, { ...seen, guarantees: [...seen.guarantees, next] });
        peer.seen = this.record;
      });
    }
    return found;
  }

  private nextFor(
    peer: Peer,
    seen: SteadyRecord,
    last: Guarantee,
    others: readonly Member[],
    gone: Member | undefined,
  ): Guarantee | undefined {
    const views = others.map((member) => {
      const other = this.find(member);
      const isStreaming = other?.upstream === peer.member && isPrefix(other.log, peer.log);
      const place = isStreaming ? placeOnChain(seen.lineage, ancestryOf(other.log), at(other.log.length)) : undefined;
      return {
        member,
        streaming: isStreaming,
        lagBytes: other === undefined ? Infinity : peer.log.length - other.log.length,
        proved: place?.onChain === true && place.index === seen.lineage.length - 1,
        lostMs: member === gone ? Infinity : 0,
        leaving: false,
      };
    });
    return nextGuarantee(last, views, {
      acks: this.options.acks,
      whenNoStandby: 'degrade',
      standbyLostMs: 1,
      lastStandbyLostMs: 1,
      caughtUpBytes: 1,
    });
  }

  /** Told, but not yet taken over by every walsender: an acknowledgement may go by either. */
  private enforce(peer: Peer, last: Guarantee): void {
    peer.settledFrom = undefined;
    peer.inForce = [...peer.inForce, last];
    this.acknowledge(peer);
  }

  private inForce(peer: Peer, last: Guarantee): void {
    // Without the rule the agent believes in the new setting while walsenders still go by the old one.
    peer.inForce = this.options.rules.waitsForForce ? [last] : [...peer.inForce.filter((each) => each !== last), last];
    if (!this.options.rules.waitsForForce && peer.inForce.length > 2) peer.inForce = peer.inForce.slice(-2);
    peer.settledFrom = peer.log.length;
    this.acknowledge(peer);
  }

  // --- The agent of a standby

  private follow(peer: Peer): void {
    const { seen } = peer;
    if (seen.phase !== 'steady' && seen.phase !== 'promoting') return;
    if (peer.role === 'primary') this.detach(peer);
    peer.pledgedTerm = Math.max(peer.pledgedTerm, seen.term);
    const end = at(peer.log.length);
    const way = wayOntoChain(seen.lineage, placeOnChain(seen.lineage, ancestryOf(peer.log), end));
    const target = seen.primary.member;
    if (way === 'stream') {
      peer.upstream = target;
      const source = this.find(target);
      if (source !== undefined) this.acknowledge(source);
      return;
    }
    peer.upstream = undefined;
    if (!this.options.rules.mayDiscard(seen, peer.member)) return;
    const source = this.find(target);
    if (source === undefined || source === peer) return;
    if (this.options.rules.renamesRewound) peer.member = this.nextMember(peer.slot);
    // What it had cannot be relied on from here until it is finished.
    peer.log = peer.log.slice(0, 1);
    peer.isRewinding = true;
    if (this.options.rules.marksRewinding) peer.directory = 'rewinding';
  }

  /** What the source has by the time of copying, whoever it is by then. */
  private finishRewind(peer: Peer): void {
    const { seen } = peer;
    if (seen.phase !== 'steady' && seen.phase !== 'promoting') return;
    const source = this.peers.find((each) => each.slot === slotOf(seen.primary.member));
    if (source === undefined || source === peer || source.directory !== 'ready') return;
    peer.log = source.log;
    peer.directory = 'ready';
    peer.isRewinding = false;
  }

  /** Somebody promotes a detached standby by hand: with the sentinel, nothing it writes is acknowledged; its agent demotes it. */
  private mayGoRogue(peer: Peer): boolean {
    const last = peer.log.at(-1)?.timeline ?? 1;
    return (
      this.options.isWithRogues &&
      peer.role === 'standby' &&
      peer.upstream === undefined &&
      last < HIGHEST_TERM - 1 &&
      peer.log.length < LONGEST_LOG
    );
  }

  private goRogue(peer: Peer): void {
    const timeline = (peer.log.at(-1)?.timeline ?? 1) + 1;
    peer.log = [
      ...peer.log,
      { timeline, value: this.nextValue, begins: true },
      { timeline, value: this.nextValue + 1 },
      { timeline, value: this.nextValue + 2 },
    ];
    this.nextValue += 3;
  }

  // --- The register, and what must hold

  private write(judged: ClusterRecord, next: ClusterRecord): boolean {
    if (judged.version !== this.record.version) return false;
    this.record = { ...next, version: judged.version + 1 };
    return true;
  }

  private mustHoldAll(values: ReadonlySet<number>, as: string, member: Member): void {
    for (const value of this.acknowledged.keys()) {
      if (!values.has(value)) throw new Violation(`${member} is ${as} and lacks the acknowledged ${value}.`);
    }
  }

  private wasPrimaryOf(peer: Peer, timeline: number): boolean {
    const { record } = this;
    if (record.phase === 'bootstrapping') return false;
    return record.lineage.some((entry) => entry.timeline === timeline && entry.member === peer.member);
  }

  private find(member: Member | undefined): Peer | undefined {
    return this.peers.find((peer) => peer.member === member && peer.directory === 'ready');
  }

  private nextMember(slot: Slot): Member {
    const id = String(this.nextId).padStart(8, '0');
    this.nextId += 1;
    return newMember(slot, id);
  }

  /** Members that a recorded guarantee names and that are no more: nobody could ever pledge for them. */
  namedButGone(): readonly Member[] {
    const { record } = this;
    if (record.phase === 'bootstrapping') return [];
    const present = this.peers.map((peer) => peer.member);
    return record.guarantees
      .flatMap((each) => [each.primary, ...each.standbys])
      .filter((member) => !present.includes(member) && record.guarantees.some((each) => names(each, member)));
  }
}

function isPrefix(one: readonly Entry[], other: readonly Entry[]): boolean {
  return one.length <= other.length && one.every((entry, nth) => other[nth]?.value === entry.value);
}

function ancestryOf(log: readonly Entry[]): readonly Ancestor[] {
  return log.flatMap((entry, nth): Ancestor[] => {
    if (nth > 0 && log[nth - 1]?.timeline === entry.timeline) return [];
    return [
      { timeline: entry.timeline, forkLsn: at(nth), firstRecord: entry.timeline === 1 ? '' : `first ${entry.value}` },
    ];
  });
}
