import type { SlotView } from '../core/coordinator-view';
import type { Guarantee } from '../core/guarantee';
import { formatLsn } from '../core/lsn';
import type { Slot } from '../core/member';
import { isInitialized } from '../core/record';
import { diagnose, isWhole, type Trouble } from './diagnosis';
import { guaranteesText } from './guarantee-text';
import { currentView, isCoordinated, lastHeardMs, primaryOf, type Situation, viewOfSlot } from './situation';

/** `holdfast status --json`; others script against it. Ages in milliseconds. */
export interface StatusReport {
  readonly cluster: string;
  readonly stack: string;
  readonly region: string;
  /** Nothing is missing: every slot serves and takes part in the guarantee, and somebody watches. */
  readonly whole: boolean;
  /** The most urgent first; empty when all is as it should be. */
  readonly troubles: readonly Trouble[];
  readonly phase?: string;
  readonly term?: number;
  readonly version?: number;
  readonly paused?: boolean;
  readonly primary?: { readonly slot: string; readonly member: string; readonly address: string };
  readonly guarantees: readonly Guarantee[];
  readonly guarantee?: string;
  readonly slots: readonly SlotRow[];
  readonly coordinator: { readonly alive: boolean; readonly by?: string; readonly heardMs?: number };
  /** How old what is said of the slots is; absent when no coordinator has told. */
  readonly viewAgeMs?: number;
  readonly endpoints: {
    readonly writer: string;
    readonly writerAddress?: string;
    readonly reader: string;
    readonly readerAddresses?: readonly string[];
  };
  readonly switchover?: unknown;
}

export interface SlotRow extends Partial<Omit<SlotView, 'role' | 'slot'>> {
  readonly slot: string;
  readonly role: 'primary' | 'standby' | 'none' | 'unknown';
  /** While electing: where this slot's pledge ends. */
  readonly pledge?: string;
}

export function statusReport(situation: Situation): StatusReport {
  const { cluster, record, view, beat, nowMs } = situation;
  const [by, heardMs] = [view?.by ?? beat?.by, lastHeardMs(situation)];
  const troubles = diagnose(situation);
  const primary = primaryOf(situation);
  const guarantees = record !== undefined && isInitialized(record) ? record.guarantees : [];
  const endpoints = currentView(situation)?.endpoints;
  return {
    ...{ cluster: cluster.name, stack: cluster.stack, region: cluster.region, whole: isWhole(troubles), troubles },
    ...(record === undefined ? {} : recordPart(record)),
    ...(primary === undefined ? {} : { primary }),
    guarantees,
    ...(guarantees.length === 0 ? {} : { guarantee: guaranteesText(guarantees) }),
    slots: cluster.slots.map((slot) => slotRow(situation, slot)),
    coordinator: {
      alive: isCoordinated(situation),
      ...(by === undefined ? {} : { by }),
      ...(heardMs === undefined ? {} : { heardMs }),
    },
    ...(view === undefined ? {} : { viewAgeMs: Math.max(0, nowMs - view.atMs) }),
    endpoints: {
      ...{ writer: cluster.writer, reader: cluster.reader },
      ...(endpoints === undefined
        ? {}
        : { writerAddress: endpoints.writerAddress, readerAddresses: endpoints.readerAddresses }),
    },
    ...(record?.phase === 'steady' && 'switchover' in record ? { switchover: record.switchover } : {}),
  };
}

function recordPart({ phase, term, version, paused }: NonNullable<Situation['record']>) {
  return { phase, term, version, paused };
}

function slotRow(situation: Situation, slot: Slot): SlotRow {
  const { record, pledges, reports } = situation;
  const view = viewOfSlot(situation, slot);
  const report = reports.get(slot);
  const pledge = pledges.get(slot);
  const isPrimary = primaryOf(situation)?.slot === slot;
  const { instanceId, address } = report ?? view ?? {};
  return {
    ...view,
    slot,
    role: isPrimary ? 'primary' : (view?.role ?? 'unknown'),
    ...(instanceId === undefined ? {} : { instanceId }),
    ...(address === undefined ? {} : { address }),
    ...(record?.phase === 'electing' && pledge?.term === record.term ? { pledge: formatLsn(pledge.endLsn) } : {}),
  };
}
