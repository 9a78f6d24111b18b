import type { Guarantee } from '../../core/guarantee';
import type { Member } from '../../core/member';
import type { ClusterRecord } from '../../core/record';
import type { Pledge } from '../../core/pledge';
import type { Server } from '../postgres/server';
import { lsnAfter, lsnText, recordsUpTo, type Wal, type WalRecord } from '../postgres/wal';

/** Something that must always hold does not. */
export class Violation extends Error {
  override readonly name = 'Violation';
  constructor(
    /** Stable, for the table of what catches which mutation. */
    readonly rule:
      'acknowledged-lost' | 'not-one-chain' | 'not-covered' | 'endpoint-moved-back' | 'not-whole' | 'stuck',
    message: string,
  ) {
    super(`${rule}: ${message}`);
  }
}

export interface Holder {
  readonly member: Member | undefined;
  readonly wal: Wal | undefined;
}

interface Acknowledged {
  readonly record: WalRecord;
  readonly by: string;
}

/**
 * What must hold at every moment of every history (docs/protocol.md):
 *
 * - each acknowledged commit is covered, at that moment, by a guarantee of the record; or the answer is late, and the primary
 *   that has begun to serve since has it;
 * - whoever is chosen, and whoever begins to serve, holds every commit acknowledged so far;
 * - two commits are never acknowledged at one place of the log;
 * - the endpoint's guard only grows.
 *
 * When an operator has accepted loss and somebody is chosen by that, exactly what the chosen one lacks is given up, and
 * what primaries of before acknowledge from then on.
 */
export class Checker {
  private readonly acknowledged: (Acknowledged | undefined)[] = [];
  acknowledgedCommits = 0;
  terms = 0;
  private guard = 0;
  /** The term of the last choice with accepted loss. */
  private lossyTerm = 0;
  /** Commits that were given up so. */
  givenUp = 0;
  /** What the last one had that began to serve. */
  private crowned: readonly WalRecord[] = [];

  constructor(
    private readonly options: {
      readonly record: () => ClusterRecord | undefined;
      readonly holders: () => readonly Holder[];
      readonly memberOf: (server: Server) => Member | undefined;
      readonly tell: (who: string, what: () => string) => void;
      readonly fail: (violation: Violation) => void;
    },
  ) {}

  /** A server lets a commit go. Whether the client still hears of it makes no difference. */
  onAcknowledged(server: Server, position: number): void {
    const record = server.wal.records[position - 1];
    if (record?.kind !== 'commit') return;
    // Nobody has pledged against it: an operator said that it is gone.
    if (record.timeline < this.lossyTerm) return;
    const by = server.machine.host;
    const index = position - 1;
    const before = this.acknowledged[index];
    if (before !== undefined && before.record.id !== record.id) {
      this.fail('not-one-chain', `${by} acknowledges another commit where ${before.by} has acknowledged one.`);
    }
    this.acknowledged[index] = { record, by };
    this.acknowledgedCommits += 1;
    const member = this.options.memberOf(server);
    const cluster = this.options.record();
    if (cluster === undefined || cluster.phase === 'bootstrapping') return;
    const confirmed = [...server.confirmations].filter(([, upTo]) => upTo >= position);
    const flushed = new Set(confirmed.map(([standby]) => standby));
    this.options.tell(
      by,
      () =>
        `acknowledges ${record.value} at ${lsnText(lsnAfter(position))} on timeline ${record.timeline}, confirmed by ${[...flushed].join(', ')}`,
    );
    if (cluster.guarantees.some((each) => isCovered(each, member, flushed))) return;
    if (this.crowned[index]?.id === record.id) return;
    this.fail(
      'not-covered',
      `${member} acknowledges a commit that ${[...flushed].join(', ') || 'nobody'} confirmed; the record holds ${JSON.stringify(cluster.guarantees)}.`,
    );
  }

  onRecord(before: ClusterRecord | undefined, after: ClusterRecord, pledges: readonly Pledge[]): void {
    if (after.term !== before?.term) this.terms += 1;
    if (after.phase === 'promoting' && before?.phase === 'electing') {
      const { member } = after.primary;
      const pledge = pledges.find((each) => each.member === member && each.term === after.term);
      const isAccepted = before.election.acceptsLoss === true && after.election.lossy === true;
      if (pledge !== undefined && isAccepted) this.giveUp(member, recordsUpTo(Number(pledge.endLsn)), after.term);
      if (pledge !== undefined)
        this.mustHoldAll(member, recordsUpTo(Number(pledge.endLsn)), `chosen for term ${after.term}`);
    }
    if (after.phase === 'steady' && before?.phase === 'promoting') {
      this.mustHoldAll(after.primary.member, Infinity, `primary of term ${after.term}`);
      this.crowned = this.walOf(after.primary.member)?.records.slice() ?? this.crowned;
    }
  }

  onGuard(version: number): void {
    if (version < this.guard) this.fail('endpoint-moved-back', `The guard goes from ${this.guard} back to ${version}.`);
    this.guard = version;
  }

  /** In the end: the primary has everything. */
  onEnd(primary: Member): void {
    this.mustHoldAll(primary, Infinity, 'primary in the end');
  }

  private giveUp(member: Member, upTo: number, term: number): void {
    this.lossyTerm = term;
    const wal = this.walOf(member);
    this.acknowledged.forEach((each, index) => {
      if (each === undefined || (index < upTo && wal?.records[index]?.id === each.record.id)) return;
      this.acknowledged[index] = undefined;
      this.givenUp += 1;
    });
  }

  private mustHoldAll(member: Member, upTo: number, as: string): void {
    const wal = this.walOf(member);
    // Its disk is gone meanwhile: then it serves nothing, and the next election will tell.
    if (wal === undefined) return;
    this.acknowledged.forEach((each, index) => {
      if (each === undefined || (index < upTo && wal.records[index]?.id === each.record.id)) return;
      this.fail(
        'acknowledged-lost',
        `${member}, ${as}, lacks commit ${each.record.value} at ${lsnText(lsnAfter(index + 1))}, which ${each.by} has acknowledged.`,
      );
    });
  }

  private walOf(member: Member): Wal | undefined {
    return this.options.holders().find((each) => each.member === member)?.wal;
  }

  private fail(rule: Violation['rule'], message: string): void {
    this.options.fail(new Violation(rule, message));
  }
}

function isCovered(guarantee: Guarantee, primary: Member | undefined, flushed: ReadonlySet<string>): boolean {
  if (guarantee.primary !== primary) return false;
  return guarantee.standbys.filter((each) => flushed.has(each)).length >= guarantee.acks;
}
