import type { CoordinatorView, SlotView } from '../core/coordinator-view';
import type { FailoverEvent } from '../core/event';
import { type Slot, slotOf } from '../core/member';
import type { Operation } from '../core/operation';
import type { Pledge } from '../core/pledge';
import { type ClusterRecord, isInitialized, type PrimaryPlace } from '../core/record';
import type { NodeReport } from '../core/status';
import type { Cluster } from './cluster';

/** Everything that the register says of a cluster, read at once. */
export interface Situation {
  readonly cluster: Cluster;
  /** This machine's clock, corrected by what the coordinators' beat shows of its error. */
  readonly nowMs: number;
  readonly record: ClusterRecord | undefined;
  readonly view: CoordinatorView | undefined;
  readonly beat: { readonly by: string; readonly ageMs: number } | undefined;
  readonly pledges: ReadonlyMap<Slot, Pledge>;
  readonly reports: ReadonlyMap<Slot, NodeReport>;
  /** The latest ones first. */
  readonly events: readonly FailoverEvent[];
  readonly operations: readonly Operation[];
  /** Items that this program could not read. */
  readonly malformed: readonly string[];
}

/** The health checker's beat comes every second. */
const BEAT_LATE_MS = 10_000;
/** A view comes every few seconds. */
const VIEW_LATE_MS = 12_000;

/** The health checker alone beats. An agent that stands in for it shows by the view that it writes. */
export function isCoordinated(situation: Situation): boolean {
  return isBeating(situation) || currentView(situation) !== undefined;
}

export function isBeating({ beat }: Situation): boolean {
  return beat !== undefined && beat.ageMs < BEAT_LATE_MS;
}

/** Since when nobody coordinates, or the health checker does not; undefined when it never did. */
export function lastHeardMs({ beat, view, nowMs }: Situation): number | undefined {
  const ages = [beat?.ageMs, view === undefined ? undefined : Math.max(0, nowMs - view.atMs)];
  const known = ages.filter((age) => age !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** What a coordinator sees, unless nobody has looked for long. */
export function currentView({ view, nowMs }: Situation): CoordinatorView | undefined {
  return view !== undefined && nowMs - view.atMs < VIEW_LATE_MS ? view : undefined;
}

export function viewOfSlot(situation: Situation, slot: Slot): SlotView | undefined {
  return situation.view?.slots.find((each) => each.slot === slot);
}

export function primaryOf({ record }: Situation): (PrimaryPlace & { readonly slot: Slot }) | undefined {
  if (record === undefined || !isInitialized(record) || record.phase === 'electing') return undefined;
  return { ...record.primary, slot: slotOf(record.primary.member) };
}
