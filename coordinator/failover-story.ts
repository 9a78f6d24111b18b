import type { FailoverEvent } from '../core/event';
import type { ClusterRecord, Election } from '../core/record';

interface Chapter {
  readonly term: number;
  readonly election: Election;
}

/** How long the flip of the writer's name is waited for, before an invocation may end without having told it. */
const FLIP_PATIENCE_MS = 10_000;

/** Puts one failover's event together from the records that pass by. Two tellings: when the term is steady, and when the writer's name is moved. */
export class FailoverStory {
  private chapter: Chapter | undefined;
  private event: FailoverEvent | undefined;
  private endpointVersion = 0;
  private steadySinceMs = 0;

  /** There is a failover to tell that is not over. `nowMs`: monotonic. */
  isUnfinished(nowMs: number): boolean {
    return this.event !== undefined && nowMs - this.steadySinceMs < FLIP_PATIENCE_MS;
  }

  /** @returns the event when the new term has just become steady. */
  see(record: ClusterRecord, wallMs: number, nowMs: number): FailoverEvent | undefined {
    if (record.phase === 'electing' || record.phase === 'promoting') {
      this.chapter = { term: record.term, election: record.election };
      return undefined;
    }
    const { chapter } = this;
    this.chapter = undefined;
    // Who did not see the choice leaves the telling to who made it.
    if (record.phase !== 'steady' || chapter?.term !== record.term || chapter.election.chosenAtMs === undefined) {
      return undefined;
    }
    const { reason, deposed, suspectedAtMs, convictedAtMs, chosenAtMs, lossy } = chapter.election;
    this.endpointVersion = record.endpointVersion;
    this.steadySinceMs = nowMs;
    this.event = {
      term: record.term,
      reason,
      from: deposed,
      to: record.primary.member,
      suspectedAtMs,
      convictedAtMs,
      chosenAtMs,
      promotedAtMs: wallMs,
      ...(lossy === true ? { acceptedLoss: true } : {}),
    };
    return this.event;
  }

  /** @returns the completed event when this is the flip it waited for. */
  flipped(guardVersion: number, wallMs: number): FailoverEvent | undefined {
    const { event } = this;
    if (event === undefined || guardVersion < this.endpointVersion) return undefined;
    this.event = undefined;
    return { ...event, flippedAtMs: wallMs };
  }
}
