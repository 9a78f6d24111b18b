import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EndpointPlan } from '../../core/endpoints';
import { afterChanges, type EndpointChange, type Zone, type ZoneState } from '../../coordinator/endpoint-change';
import { EndpointKeeper } from '../../coordinator/endpoint-keeper';
import { ManualClock } from './support/manual-clock';
import { recordedLog, type RecordedLog } from './support/recorded-log';

const record = (...values: string[]) => ({ values, ttlSeconds: 1 });
const plan = (guardVersion: number, writerAddress: string, ...readers: string[]): EndpointPlan => ({
  guardVersion,
  writerAddress,
  readerAddresses: readers.length === 0 ? [writerAddress] : readers,
});

/** Route 53 from afar: it answers, fails, or applies a batch and fails to say so. */
class ZoneInMemory implements Zone {
  state: ZoneState = { guard: record('"1"'), writer: record('10.0.0.10'), reader: record('10.0.0.10') };
  readonly calls: string[] = [];
  mood: 'well' | 'failing' | 'losing replies' = 'well';

  read(): Promise<ZoneState> {
    this.calls.push('read');
    return this.mood === 'failing' ? Promise.reject(new Error('Throttling')) : Promise.resolve(this.state);
  }

  change(changes: readonly EndpointChange[]): Promise<void> {
    this.calls.push('change');
    if (this.mood === 'failing') return Promise.reject(new Error('Throttling'));
    this.state = afterChanges(this.state, changes);
    return this.mood === 'losing replies' ? Promise.reject(new Error('socket hang up')) : Promise.resolve();
  }
}

let clock: ManualClock;
let zone: ZoneInMemory;
let log: RecordedLog;
let inPlace: number[];
let keeper: EndpointKeeper;

beforeEach(() => {
  clock = new ManualClock();
  zone = new ZoneInMemory();
  log = recordedLog();
  inPlace = [];
  keeper = new EndpointKeeper({ zone, clock, log: log.log, onWriterInPlace: (version) => inPlace.push(version) });
});
afterEach(() => keeper.stop());

describe('the keeper of the endpoints', () => {
  it('asks nothing of Route 53 while all is right, but looks once a minute', async () => {
    for (let second = 0; second < 59; second += 1) {
      keeper.keep(plan(1, '10.0.0.10'));
      await clock.pass(1_000);
    }
    expect(zone.calls).toEqual(['read']);
    await clock.pass(2_000);
    expect(zone.calls).toEqual(['read', 'read']);
  });

  it('moves the writer with one call, since it knows the zone already', async () => {
    keeper.keep(plan(1, '10.0.0.10'));
    await clock.pass(1_000);
    keeper.keep(plan(7, '10.0.1.10'));
    await clock.pass(0);
    expect(zone.calls).toEqual(['read', 'change']);
    expect(zone.state).toEqual({ guard: record('"7"'), writer: record('10.0.1.10'), reader: record('10.0.1.10') });
    expect(inPlace).toEqual([1, 7]);
  });

  it('reads the zone again when a change was not answered, and finds it applied', async () => {
    keeper.keep(plan(1, '10.0.0.10'));
    await clock.pass(1_000);
    zone.mood = 'losing replies';
    keeper.keep(plan(7, '10.0.1.10'));
    await clock.pass(200);
    expect(zone.calls).toEqual(['read', 'change', 'read']);
    expect(inPlace).toEqual([1, 7]);
  });

  it('tries less and less often while Route 53 fails, and tells it once', async () => {
    zone.mood = 'failing';
    keeper.keep(plan(7, '10.0.1.10'));
    await clock.pass(30_000);
    expect(zone.calls.length).toBeLessThan(12);
    expect(log.codes()).toEqual(['endpoint-unsettled']);
    zone.mood = 'well';
    await clock.pass(10_000);
    expect(inPlace).toEqual([7]);
  });

  it('leaves the zone alone when somebody has moved it further', async () => {
    zone.state = { ...zone.state, guard: record('"9"') };
    keeper.keep(plan(7, '10.0.1.10'));
    await clock.pass(5_000);
    expect(zone.calls).toEqual(['read']);
    expect(log.lines).toEqual([expect.objectContaining({ code: 'endpoint-overtaken', guardVersion: 9 })]);
    expect(inPlace).toEqual([]);
  });

  it('follows the readers no faster than every three seconds, but never lets the writer wait for them', async () => {
    keeper.keep(plan(1, '10.0.0.10', '10.0.1.10'));
    await clock.pass(500);
    keeper.keep(plan(1, '10.0.0.10', '10.0.2.10'));
    await clock.pass(500);
    expect(zone.state.reader).toEqual(record('10.0.1.10'));
    await clock.pass(2_500);
    expect(zone.state.reader).toEqual(record('10.0.2.10'));
    keeper.keep(plan(2, '10.0.1.10', '10.0.2.10'));
    await clock.pass(0);
    expect(zone.state.writer).toEqual(record('10.0.1.10'));
  });

  it('takes the newest plan when several come while it waits', async () => {
    zone.mood = 'failing';
    keeper.keep(plan(7, '10.0.1.10'));
    await clock.pass(100);
    keeper.keep(plan(8, '10.0.2.10'));
    zone.mood = 'well';
    await clock.pass(1_000);
    expect(inPlace).toEqual([8]);
    expect(zone.state.writer).toEqual(record('10.0.2.10'));
  });

  it('reads the zone at once when clients are answered something else', async () => {
    keeper.keep(plan(1, '10.0.0.10'));
    await clock.pass(1_000);
    zone.state = { ...zone.state, writer: record('10.9.9.9') };
    keeper.doubt();
    await clock.pass(0);
    expect(zone.calls).toEqual(['read', 'read', 'change']);
    expect(zone.state.writer).toEqual(record('10.0.0.10'));
  });
});
