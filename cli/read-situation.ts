import { setTimeout as pause } from 'node:timers/promises';
import { MalformedItemError, type Beat, type Register } from '../register';
import type { Cluster } from './cluster';
import type { Situation } from './situation';

/** An age below this needs no second look; clocks that differ by less do no harm either. */
const PLAUSIBLE_AGE_MS = 5_000;
/** A beat comes every second. */
const NEXT_BEAT_MS = 2_500;

/** Reads all of it. @throws RegisterUnavailableError */
export async function readSituation(register: Register, cluster: Cluster, clock = new CoordinatorsClock()) {
  const malformed: string[] = [];
  const readable = async <Value>(read: Promise<Value>): Promise<Value | undefined> => {
    try {
      return await read;
    } catch (error) {
      if (!(error instanceof MalformedItemError)) throw error;
      malformed.push(error.message);
      return undefined;
    }
  };
  const { slots } = cluster;
  const [record, view, beat, pledges, reports, events, operations] = await Promise.all([
    readable(register.readRecord()),
    readable(register.readView()),
    readable(clock.follow(register)),
    readable(register.readPledges(slots)),
    readable(register.readReports(slots)),
    readable(register.readEvents(20)),
    readable(register.readOperations(20)),
  ]);
  const nowMs = Date.now() - clock.errorMs;
  const situation: Situation = {
    ...{ cluster, nowMs, record, view, malformed },
    beat: beat === undefined ? undefined : { by: beat.invocationId, ageMs: Math.max(0, nowMs - beat.atMs) },
    pledges: pledges?.found ?? new Map(),
    reports: reports?.found ?? new Map(),
    events: events ?? [],
    operations: operations ?? [],
  };
  for (const error of [...(pledges?.malformed ?? []), ...(reports?.malformed ?? [])]) malformed.push(error.message);
  return situation;
}

/**
 * How far this machine's clock is off that of the coordinators. A laptop's clock may be wrong by minutes, and a beat
 * would seem to be old, or of the future. So one of an odd age is read again: when it has moved on, it is fresh, and
 * the oddness is the clocks'.
 */
export class CoordinatorsClock {
  errorMs = 0;

  async follow(register: Pick<Register, 'readBeat'>): Promise<Beat | undefined> {
    const first = await register.readBeat();
    if (first === undefined || this.isPlausible(first)) return first;
    await pause(NEXT_BEAT_MS);
    const second = await register.readBeat();
    if (second === undefined) return undefined;
    const hasMoved = second.count !== first.count || second.generation !== first.generation;
    if (hasMoved) this.errorMs = Date.now() - second.atMs;
    return second;
  }

  private isPlausible({ atMs }: Beat): boolean {
    return Math.abs(Date.now() - this.errorMs - atMs) < PLAUSIBLE_AGE_MS;
  }
}
