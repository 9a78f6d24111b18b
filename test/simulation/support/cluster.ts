import { join } from 'node:path';
import type { SyncNames } from '../../../agent/postgres/context';
import type { CommandResult } from '../../../agent/command';
import type { Lsn } from '../../../core/lsn';
import type * as functions from './functions';
import type { Hands, Place } from './hands';

export const NONE = { kind: 'none' } as const;
export const SENTINEL = { kind: 'sentinel' } as const;
export const DETACHED = { upstream: null, syncNames: SENTINEL } as const;
export const KILL = { fastMs: 0, immediateMs: 0 };
export const STOP = { fastMs: 10_000, immediateMs: 5_000 };
/** Long enough for anything that comes at all, short enough to be waited for in vain. */
export const IN_VAIN_MS = 1_500;
const SOON_MS = 20_000;

export function quorum(acks: number, ...places: readonly Place[]): SyncNames {
  return { kind: 'quorum', acks, members: places.map(({ member }) => member) };
}

/** Servers, real or simulated, handled by the agent's functions and observed without times, ids or positions. */
export class Cluster {
  private readonly places: Place[] = [];
  private readonly fed = new Map<Place, Set<Place>>();

  constructor(
    readonly postgres: typeof functions,
    private readonly hands: Hands,
  ) {}

  // --- Nodes

  async addPrimary(slot: string): Promise<Place> {
    return this.remember(await this.hands.addPrimary(slot));
  }

  async addNode(slot: string): Promise<Place> {
    return this.remember(await this.hands.addNode(slot));
  }

  /** Cloned from `primary`, streaming from it and caught up. */
  async addStandby(primary: Place, slot: string): Promise<Place> {
    const place = await this.addNode(slot);
    await this.postgres.clone(place.ctx, primary.upstream, place.member);
    await this.follow(place, primary);
    return place;
  }

  /** A primary `a` with `acks: 0` and as many standbys: b, c … */
  async found(standbys: number): Promise<[Place, ...Place[]]> {
    const a = await this.addPrimary('a');
    const others: Place[] = [];
    for (const slot of ['b', 'c', 'd'].slice(0, standbys)) others.push(await this.addStandby(a, slot));
    return [a, ...others];
  }

  /** {@link ask}, and waits until it streams and is caught up. */
  async follow(place: Place, primary: Place): Promise<void> {
    await this.ask(place, primary);
    await this.until(`${place.member} to stream`, async () => {
      const [above, own] = [await this.up(primary), await this.up(place)];
      const row = above.replication.find((each) => each.member === place.member);
      return row?.state === 'streaming' && own.timeline === above.timeline && own.lsn >= above.lsn;
    });
  }

  /** Lets it try to follow, started if it is stopped; whether it can is another question. */
  async ask(place: Place, primary: Place): Promise<void> {
    const { postgres } = this;
    const fed = this.fed.get(primary) ?? new Set<Place>();
    this.fed.set(primary, fed.add(place));
    await postgres.ensureMemberSlots(
      primary.ctx,
      [...fed].map(({ member }) => member),
    );
    if (await place.ctx.service.hasProcess()) {
      await postgres.attachUpstream(place.ctx, primary.upstream, place.member);
      return;
    }
    await postgres.writeRole(place.ctx, {
      upstream: { ...primary.upstream, member: place.member },
      syncNames: SENTINEL,
    });
    await postgres.startAndWait(place.ctx);
  }

  /** Started as a standby that follows nobody. */
  async startDetached(place: Place): Promise<void> {
    await this.postgres.markStandby(place.ctx);
    await this.postgres.writeRole(place.ctx, DETACHED);
    await this.postgres.startAndWait(place.ctx);
  }

  async kill(place: Place): Promise<void> {
    await this.postgres.stopToLastProcess(place.ctx, KILL);
  }

  /** The standbys hold all of the primary, which is killed, and follow nobody; their common end. */
  async orphan(primary: Place, ...standbys: readonly Place[]): Promise<Lsn> {
    const { lsn } = await this.up(primary);
    for (const place of standbys) await this.until('it to catch up', async () => (await this.up(place)).lsn >= lsn);
    await this.kill(primary);
    const ends: Lsn[] = [];
    for (const place of standbys) {
      await this.postgres.detachUpstream(place.ctx);
      ends.push((await this.postgres.waitForEndOfReplay(place.ctx)).lsn);
    }
    const [end] = ends;
    if (end === undefined || ends.some((each) => each !== end)) throw new Error('They have unequal ends.');
    return end;
  }

  // --- Handling

  /** Whether a commit is acknowledged. */
  commit(at: Place, note: string, timeoutMs = 10_000): Promise<boolean> {
    return this.hands.insert(at, note, timeoutMs);
  }

  /** Whether a commit is acknowledged that is expected not to be. */
  commitInVain(at: Place, note: string): Promise<boolean> {
    return this.hands.insert(at, note, IN_VAIN_MS);
  }

  freeze(...parameters: Parameters<Hands['freeze']>): ReturnType<Hands['freeze']> {
    return this.hands.freeze(...parameters);
  }

  freezeSenderOf(...parameters: Parameters<Hands['freezeSenderOf']>): ReturnType<Hands['freezeSenderOf']> {
    return this.hands.freezeSenderOf(...parameters);
  }

  pauseReplay(at: Place): Promise<void> {
    return this.hands.pauseReplay(at);
  }

  /** Ends the WAL receiver and waits for the next one. */
  async replaceReceiver(at: Place): Promise<void> {
    const [before] = (await this.up(at)).receiverPids;
    await this.hands.endReceiver(at);
    await this.until('another receiver', async () => {
      const { receiverPids } = await this.up(at);
      return receiverPids.length === 1 && receiverPids[0] !== before;
    });
  }

  /** Changes role.conf behind the agent's back, and waits until the postmaster has read it. */
  async editRole(at: Place, setting: string, value: string): Promise<void> {
    const { postgres } = this;
    const path = at.ctx.layout.config.role;
    const text = (await postgres.readIfPresent(path)) ?? '';
    const edited = text.replace(new RegExp(`^${setting} = .*$`, 'm'), `${setting} = '${value}'`);
    await postgres.writeDurably(path, edited, { mode: 0o644 });
    await postgres.reload(at.ctx);
    await this.until('it to be read', async () => {
      const { shown } = await this.up(at);
      return { primary_conninfo: shown.primaryConninfo, primary_slot_name: shown.primarySlotName }[setting] === value;
    });
  }

  /** pg_rewind alone, as agent/postgres/rewind.ts calls it. */
  async pgRewind(at: Place, source: Place): Promise<CommandResult> {
    const { layout, binDirectory, user } = at.ctx;
    const key = layout.tls.replication.key;
    const parameters = this.postgres.upstreamParameters(layout, source.upstream, 'holdfast_rewind', key);
    return this.hands.run(
      join(binDirectory, 'pg_rewind'),
      [
        ...['--target-pgdata', layout.data],
        ...['--source-server', this.postgres.conninfo(parameters)],
        ...['--config-file', layout.config.postgresql],
        '--no-ensure-shutdown',
      ],
      { timeoutMs: 60_000, user, environment: { LC_ALL: 'C' } },
    );
  }

  // --- Observing

  until(what: string, condition: () => Promise<boolean>): Promise<boolean> {
    return this.postgres.until(what, { timeoutMs: SOON_MS }, condition);
  }

  notes(at: Place): Promise<readonly string[]> {
    return this.hands.notes(at);
  }

  async up(at: Place) {
    const seen = await this.postgres.observe(at.ctx);
    if (seen.state !== 'up') throw new Error(`${at.member} is ${JSON.stringify(seen)}`);
    return seen;
  }

  /** What a fresh connection tells, without what differs from run to run. */
  async view(at: Place) {
    const { receiver, replication, slots, shown, ...seen } = await this.up(at);
    return {
      inRecovery: seen.inRecovery,
      timeline: seen.timeline,
      replayPaused: seen.replayPaused,
      receivers: seen.receiverPids.length,
      receiver:
        receiver === null
          ? null
          : `${receiver.streaming ? 'streaming' : 'waiting'} timeline ${receiver.timeline} on slot ${this.named(receiver.slotName ?? 'none')}`,
      rows: replication.map((row) => `${this.named(row.member)} ${row.state} priority ${row.syncPriority}`).sort(),
      slots: slots.map((each) => `${this.named(each.name)} ${each.activePid === null ? 'idle' : 'active'}`).sort(),
      follows: this.places.find(({ upstream }) => shown.primaryConninfo.includes(`'${upstream.address}'`))?.member[0],
      names: this.named(shown.synchronousStandbyNames),
    };
  }

  /** Who has which sync_priority at a primary. */
  async priorities(at: Place): Promise<readonly string[]> {
    return (await this.up(at)).replication.map((row) => `${this.named(row.member)} ${row.syncPriority}`).sort();
  }

  async names(at: Place): Promise<string> {
    return this.named((await this.up(at)).shown.synchronousStandbyNames);
  }

  /** Number, kind of each history file in pg_wal up to that timeline. */
  async histories(at: Place, upTo: number): Promise<readonly string[]> {
    const found: string[] = [];
    for (let timeline = 2; timeline <= upTo; timeline += 1) {
      const text = await this.history(at, timeline);
      if (text !== undefined) found.push(`${timeline} ${text.startsWith('#') ? 'reserved' : 'real'}`);
    }
    return found;
  }

  history(at: Place, timeline: number): Promise<string | undefined> {
    return this.postgres.readIfPresent(this.historyPath(at, timeline));
  }

  historyPath(at: Place, timeline: number): string {
    const name = `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;
    return join(at.ctx.layout.data, 'pg_wal', name);
  }

  /** The name of the error, with SQLSTATE if it has one; `none` when there is none. */
  async errorOf(work: Promise<unknown>): Promise<string> {
    return work.then(
      () => 'none',
      (error: unknown) => {
        const { name, code } = error as Error & { code?: string };
        return code === undefined ? name : `${name} ${code}`;
      },
    );
  }

  /** Slots' letters for members, wherever they stand in a text. */
  private named(text: string): string {
    return this.places.reduce((before, { member }) => before.replaceAll(member, member[0] ?? ''), text);
  }

  private remember(place: Place): Place {
    this.places.push(place);
    return place;
  }
}

export function compared(left: Lsn | null | undefined, right: Lsn): string {
  if (left === null || left === undefined) return 'none';
  if (left === right) return 'equal';
  return left > right ? 'ahead' : 'behind';
}
