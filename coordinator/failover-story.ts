import type { FailoverEvent } from '../core/event';
import type { ClusterRecord } from '../core/record';

/** How long the flip of the writer's name is waited for, before an invocation may end without having told it. */
const FLIP_PATIENCE_MS = 10_000;

/**
 * One failover's event, from the record of the term that it led to: whoever chose, and whatever of the election a
 * coordinator has missed between two looks. Two tellings: when the term is steady, and when the writer's name is moved.
 */
export class FailoverStory {
  private seen: { readonly term: number; readonly isSteady: boolean } | undefined;
  private event: FailoverEvent | undefined;
  private endpointVersion = 0;
  private steadySinceMs = 0;

  /** There is a failover to tell that is not over. `nowMs`: monotonic. */
  isUnfinished(nowMs: number): boolean {
    return this.event !== undefined && nowMs - this.steadySinceMs < FLIP_PATIENCE_MS;
  }

  /** @returns the event when the new term has just become steady. `nowMs`: monotonic. */
  see(record: ClusterRecord, nowMs: number): FailoverEvent | undefined {
    const before = this.seen;
    this.seen = { term: record.term, isSteady: record.phase === 'steady' };
    // Who saw nothing before it leaves the telling to others.
    if (before === undefined || record.phase !== 'steady' || record.election === undefined) return undefined;
    const isNew = record.term > before.term || (record.term === before.term && !before.isSteady);
    if (!isNew) return undefined;
    const { reason, deposed, suspectedAtMs, convictedAtMs, chosenAtMs, promotedAtMs, lossy } = record.election;
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
      promotedAtMs,
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
