import type { Backend } from './backend';
import { readConfiguration, type Configuration } from './configuration';
import { clusterIn, DATA, historyName, historyPath, PG_WAL, type Cluster } from './data-directory';
import type { Delay, Machine } from './machine';
import { Receiver } from './receiver';
import { lsnText, lsnAfter, segmentStart, type Wal, type WalRecord } from './wal';
import type { Walsender } from './walsender';

/** wal_retrieve_retry_interval of agent/files/postgres/postgresql.conf. */
const RETRY_MS = 100;
/** The startup process looks at its configuration at least this often. */
const STARTUP_LOOKS_MS = 1_000;

interface Waiter {
  readonly position: number;
  readonly done: () => void;
}

/**
 * One running PostgreSQL 17 with its processes: postmaster, startup process, checkpointer, walsenders, a WAL receiver,
 * backends. Modelled as far as Holdfast's safety rests on it, with the places where it surprises (protocol S1 to S9), and
 * held against the real one by test/simulation/postgres.machine.ts.
 */
export class Server {
  state: 'starting' | 'up' | 'stopping' | 'ended' = 'starting';
  configuration: Configuration;
  readonly cluster: Cluster;
  inRecovery: boolean;
  /** On a primary: the timeline that it writes. */
  private ownTimeline: number;
  replayed: number;
  isReplayPaused = false;
  /** pg_last_wal_receive_lsn: nothing after a restart, then the start of a segment, whatever is on the disk (protocol S4). */
  receivedEnd: number | undefined;
  receiver: Receiver | undefined;
  /** A receiver has been asked for and is not yet a process. */
  private isReceiverAskedFor = false;
  walsenders: Walsender[] = [];
  readonly backends = new Set<Backend>();
  /** The checkpointer's flag: only while it is set does any commit wait (protocol S1). */
  private isSyncDefined: boolean;
  /** Confirmed by the quorum so far. */
  private confirmed = 0;
  private waiters: Waiter[] = [];
  /** How far each standby has ever confirmed to this server: what the checker goes by. */
  readonly confirmations = new Map<string, number>();
  /** SIGSTOP: while later than now nothing answers and nothing moves. */
  stoppedUntil = 0;
  checkpointerStoppedUntil = 0;
  startupStoppedUntil = 0;
  private readonly startedAt: number;
  readonly mainPid: number;
  private isPromoting = false;

  constructor(readonly machine: Machine) {
    const cluster = clusterIn(machine.files);
    if (cluster === undefined) throw new Error('There is no data directory.');
    this.cluster = cluster;
    this.mainPid = machine.nextId();
    this.startedAt = machine.kernel.now;
    this.configuration = readConfiguration(machine.files);
    this.isSyncDefined = this.configuration.quorum !== undefined;
    this.inRecovery = machine.files.get(`${DATA}/standby.signal`) !== undefined;
    this.replayed = Math.min(cluster.redo, cluster.wal.records.length);
    this.ownTimeline = cluster.wal.timelineAfter(cluster.wal.records.length);
    this.after('recovery', () => this.recover());
  }

  get wal(): Wal {
    return this.cluster.wal;
  }

  /** IDENTIFY_SYSTEM: of replay on a standby, of writing on a primary. */
  get timeline(): number {
    return this.inRecovery ? this.wal.timelineAfter(this.replayed) : this.ownTimeline;
  }

  get uptimeMs(): number {
    return Math.floor(this.machine.kernel.now - this.startedAt);
  }

  get isStopped(): boolean {
    return this.stoppedUntil > this.machine.kernel.now;
  }

  // --- Starting and ending

  private recover(): void {
    const { cluster, wal } = this;
    // A number that nobody made a timeline of: PostgreSQL looks for it for ever (docs/decisions/0003).
    const newest = this.historyFiles().at(-1) ?? 1;
    if (cluster.isBroken || this.isReserved(newest)) return;
    if (this.replayed < wal.records.length) {
      this.replayed = Math.min(wal.records.length, this.replayed + Math.max(1, Math.ceil(wal.records.length / 4)));
      if (!this.inRecovery || this.replayed < wal.records.length) return this.after('replay', () => this.recover());
    }
    if (!this.inRecovery) {
      cluster.state = 'in production';
      this.ownTimeline = wal.timelineAfter(wal.records.length);
      this.insert({ kind: 'checkpoint', timeline: this.ownTimeline });
      wal.flushed = wal.records.length;
      this.state = 'up';
      return;
    }
    cluster.state = 'in archive recovery';
    this.follow();
    this.becomeConsistent();
  }

  /** Hot standby: sessions are let in when the copy is consistent. */
  private becomeConsistent(): void {
    if (this.state === 'starting' && this.replayed >= this.cluster.consistentFrom) this.state = 'up';
  }

  /** Every process at once; nothing is flushed, and nobody is told. What the operating system had is kept, or not. */
  kill(): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    for (const sender of this.walsenders) {
      sender.vanish();
      // Its connection is reset by the host, when that lives and can be reached.
      sender.receiver.lost(sender);
    }
    this.walsenders = [];
    this.receiver?.vanish();
    this.receiver = undefined;
    this.waiters = [];
    for (const backend of [...this.backends]) backend.end();
    this.wal.truncate(
      this.wal.flushed + this.machine.kernel.random.below(this.wal.records.length - this.wal.flushed + 1),
    );
  }

  /** Fast shutdown: sessions end, the last checkpoint goes to whoever still listens, then the processes end. */
  stopFast(): void {
    if (this.state !== 'up' && this.state !== 'starting') return;
    const wasUp = this.state === 'up';
    this.state = 'stopping';
    for (const backend of [...this.backends]) backend.end();
    if (!wasUp) return this.after('recovery', () => this.kill());
    this.receiver?.terminate();
    this.after('flush', () => {
      if (this.state !== 'stopping') return;
      if (!this.inRecovery) {
        this.insert({ kind: 'checkpoint', timeline: this.ownTimeline });
        this.wal.flushed = this.wal.records.length;
        for (const sender of this.walsenders) sender.wake();
      }
      this.finishStop();
    });
  }

  private finishStop(): void {
    if (this.state !== 'stopping') return;
    const isDrained = this.walsenders.every((each) => (each.flushed ?? 0) >= this.wal.flushed);
    if (!isDrained || this.receiver !== undefined)
      return void this.machine.kernel.schedule(20, () => this.finishStop());
    this.cluster.state = this.inRecovery ? 'shut down in recovery' : 'shut down';
    this.cluster.redo = this.inRecovery ? this.replayed : this.wal.records.length - 1;
    this.kill();
  }

  // --- Writing

  insert(record: Omit<WalRecord, 'id'>): number {
    const position = this.wal.append({ ...record, id: this.machine.nextId() });
    this.replayed = position;
    return position;
  }

  /** Flushed up to `position`; calls back when it is. */
  flush(position: number, done: () => void): void {
    this.after('flush', () => {
      this.wal.flushed = Math.max(this.wal.flushed, Math.min(position, this.wal.records.length));
      for (const sender of this.walsenders) sender.wake();
      done();
    });
  }

  /** CHECKPOINT: recovery begins here from now on. */
  checkpoint(done: () => void): void {
    const position = this.insert({ kind: 'checkpoint', timeline: this.ownTimeline });
    this.flush(position, () => {
      this.cluster.redo = position - 1;
      done();
    });
  }

  /** The end of a commit: locally flushed, it waits for its quorum, if anybody makes it wait. */
  commit(value: number | undefined, isSynchronous: boolean, done: () => void): void {
    const position = this.insert({
      kind: value === undefined ? 'message' : 'commit',
      timeline: this.ownTimeline,
      ...(value === undefined ? {} : { value }),
    });
    this.flush(position, () => {
      const finish = (): void => {
        if (isSynchronous) this.machine.acknowledged(this, position);
        done();
      };
      if (!isSynchronous || !this.isSyncDefined || this.confirmed >= position) return finish();
      this.waiters.push({ position, done: finish });
    });
  }

  get isAnyoneWaiting(): boolean {
    return this.waiters.length > 0;
  }

  /** Whether the commit of a backend waits for its quorum. */
  waitsAt(position: number): boolean {
    return this.waiters.some((each) => each.position === position);
  }

  release(confirmed: number): void {
    this.confirmed = Math.max(this.confirmed, confirmed);
    const released = this.waiters.filter((each) => each.position <= this.confirmed);
    this.waiters = this.waiters.filter((each) => each.position > this.confirmed);
    for (const each of released) each.done();
  }

  // --- Configuration

  /** pg_reload_conf: the postmaster reads the files and tells every process; each takes it over in its own time. */
  reload(): void {
    this.after('reload', () => {
      this.configuration = readConfiguration(this.machine.files);
      for (const sender of this.walsenders) sender.wake();
      this.wakeCheckpointer();
      this.after('startup', () => this.follow());
    });
  }

  private wakeCheckpointer(): void {
    const { kernel } = this.machine;
    const stopMs = Math.max(0, this.checkpointerStoppedUntil - kernel.now);
    kernel.schedule(stopMs + this.machine.delayMs('checkpointer'), () => {
      if (this.state === 'ended') return;
      if (this.checkpointerStoppedUntil > kernel.now || this.isStopped) return this.wakeCheckpointer();
      const was = this.isSyncDefined;
      this.isSyncDefined = this.configuration.quorum !== undefined;
      if (was && !this.isSyncDefined) this.release(this.wal.records.length);
    });
  }

  // --- Following

  /** The startup process: one receiver, with what the configuration says, while there is nothing left to replay. */
  private follow(): void {
    if (!this.inRecovery || this.state === 'ended' || this.state === 'stopping' || this.isPromoting) return;
    if (this.isReplayPaused || this.replayed < this.wal.records.length)
      return this.after('startup', () => this.follow());
    const { primaryConninfo, primarySlotName } = this.configuration;
    if (this.receiver !== undefined && this.receiver.conninfo !== primaryConninfo) this.receiver.terminate();
    if (this.receiver === undefined && primaryConninfo !== '' && !this.isReceiverAskedFor) {
      this.isReceiverAskedFor = true;
      this.receivedEnd ??= segmentStart(this.wal.flushedEnd);
      // Started by the postmaster, later, with what stands in shared memory now.
      this.after('startup', () => {
        this.isReceiverAskedFor = false;
        if (this.receiver !== undefined || !this.inRecovery || this.isPromoting || this.state === 'stopping') return;
        this.receiver = new Receiver(this, this.machine.nextId(), primaryConninfo, primarySlotName);
      });
    }
    if (!this.isLooking) {
      this.isLooking = true;
      this.machine.kernel.schedule(STARTUP_LOOKS_MS, () => {
        this.isLooking = false;
        this.follow();
      });
    }
  }

  private isLooking = false;

  receiverEnded(receiver: Receiver): void {
    if (this.receiver !== receiver) return;
    this.receiver = undefined;
    this.machine.kernel.schedule(RETRY_MS, () => this.follow());
  }

  hasReceived(): void {
    this.receivedEnd = this.wal.flushedEnd;
    this.after('replay', () => this.replay());
  }

  private replay(): void {
    if (!this.inRecovery || this.isReplayPaused || this.state === 'ended') return;
    if (this.replayed >= this.wal.records.length) return;
    this.replayed = this.wal.records.length;
    this.becomeConsistent();
  }

  resumeReplay(): void {
    if (!this.isReplayPaused) return;
    this.isReplayPaused = false;
    this.after('replay', () => this.replay());
  }

  // --- Promoting

  promote(): void {
    if (this.isPromoting || !this.inRecovery) return;
    this.isPromoting = true;
    this.receiver?.end();
    this.after('startup', () => {
      this.replayed = this.wal.records.length;
      this.after('flush', () => this.endRecovery());
    });
  }

  private endRecovery(): void {
    const { machine, wal } = this;
    const previousTimeline = wal.timelineAfter(wal.records.length);
    const taken = new Set(this.historyFiles());
    let timeline = Math.max(previousTimeline, 1) + 1;
    while (taken.has(timeline)) timeline += 1;
    const parent = machine.files.get(historyPath(previousTimeline))?.text ?? '';
    machine.files.put(
      historyPath(timeline),
      `${parent}${previousTimeline}\t${lsnText(lsnAfter(wal.records.length))}\tno recovery target specified\n`,
    );
    this.ownTimeline = timeline;
    this.insert({ kind: 'end of recovery', timeline, previousTimeline });
    wal.flushed = wal.records.length;
    this.cluster.redo = wal.records.length - 1;
    this.cluster.state = 'in production';
    machine.files.remove(`${DATA}/standby.signal`);
    machine.files.flushNames();
    this.inRecovery = false;
    this.isPromoting = false;
  }

  /** So many records of that timeline belong to this server's history; undefined when it is none of its timelines. */
  switchOf(timeline: number): number | undefined {
    const { records } = this.wal;
    if (timeline === this.timeline) return records.length;
    const next = records.findIndex(
      (record) => record.kind === 'end of recovery' && record.previousTimeline === timeline,
    );
    return next < 0 ? undefined : next;
  }

  private historyFiles(): number[] {
    return this.machine.files
      .list(PG_WAL)
      .filter((name) => name.endsWith('.history'))
      .map((name) => parseInt(name, 16))
      .sort((left, right) => left - right);
  }

  private isReserved(timeline: number): boolean {
    if (timeline === 1 || timeline <= this.wal.timelineAfter(this.wal.records.length)) return false;
    return this.machine.files.get(`${PG_WAL}/${historyName(timeline)}`)?.text.startsWith('#') === true;
  }

  // --- The rest

  remember(standby: string, position: number): void {
    this.confirmations.set(standby, Math.max(this.confirmations.get(standby) ?? 0, position));
  }

  forget(sender: Walsender): void {
    this.walsenders = this.walsenders.filter((each) => each !== sender);
  }

  /** A message to another server's host, if the network takes it. */
  sendTo(other: Server, arrive: () => void, lost: () => void = () => undefined): void {
    const travelMs = this.machine.travelMs(other.machine.host);
    if (travelMs === undefined) return lost();
    this.machine.kernel.schedule(travelMs, arrive);
  }

  /** A process of this server does something, as soon as it gets to it. */
  after(what: Delay, run: () => void): void {
    const { kernel } = this.machine;
    const stoppedUntil = (): number =>
      Math.max(this.stoppedUntil, what === 'startup' || what === 'replay' ? this.startupStoppedUntil : 0);
    const stopMs = Math.max(0, stoppedUntil() - kernel.now);
    kernel.schedule(stopMs + this.machine.delayMs(what), () => {
      if (this.state === 'ended') return;
      // It was stopped meanwhile.
      if (stoppedUntil() > kernel.now) return this.after(what, run);
      run();
    });
  }
}
