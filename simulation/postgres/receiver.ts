import { clusterIn, historyName, historyPath } from './data-directory';
import { parameter } from './configuration';
import type { Server } from './server';
import type { WalRecord } from './wal';
import { Walsender } from './walsender';

/** Nothing heard for this long: wal_receiver_timeout. */
const TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 2_000;

/**
 * A standby's WAL receiver. While it connects it is in the process list and in no view (protocol S3). It goes by the
 * connection string that it was started with, whatever the configuration says by now.
 */
export class Receiver {
  state: 'connecting' | 'streaming' = 'connecting';
  isAlive = true;
  heardAt: number;
  stoppedUntil = 0;
  private sender: Walsender | undefined;

  constructor(
    readonly server: Server,
    readonly pid: number,
    readonly conninfo: string,
    private readonly slot: string,
  ) {
    this.heardAt = server.machine.kernel.now;
    this.after('receiver', () => this.connect());
    server.machine.kernel.schedule(CONNECT_TIMEOUT_MS, () => {
      this.after('receiver', () => {
        if (this.state === 'connecting') this.end();
      });
    });
  }

  get host(): string | undefined {
    return parameter(this.conninfo, 'hostaddr');
  }

  get slotName(): string {
    return this.slot;
  }

  end(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.server.receiverEnded(this);
    const { sender } = this;
    // The primary learns of it when the message gets there; else its walsender waits for a reply in vain.
    if (sender !== undefined) this.server.sendTo(sender.server, () => sender.hangUp());
  }

  /** SIGTERM: it ends when it gets to it, which it does not while it is stopped. */
  terminate(): void {
    this.after('receiver', () => this.end());
  }

  /** The machine or the server is gone. */
  vanish(): void {
    this.isAlive = false;
    const { sender } = this;
    if (sender !== undefined) this.server.sendTo(sender.server, () => sender.hangUp());
  }

  /** The walsender ended, and the message of it arrives, if it can. */
  lost(sender: Walsender): void {
    sender.server.sendTo(this.server, () => {
      if (this.sender === sender) this.terminate();
    });
  }

  receive(sender: Walsender, from: number, records: readonly WalRecord[]): void {
    sender.server.sendTo(
      this.server,
      () => this.after('flush', () => this.write(sender, from, records)),
      () => this.resend(sender, from),
    );
  }

  private connect(): void {
    const there = this.server.machine.serverAt(this.host ?? '');
    // A silent host costs the whole time-out.
    if (there === undefined) return;
    // The operating system takes the connection; a postmaster that is stopped answers when it goes on.
    this.server.sendTo(there, () =>
      there.after('answer', () =>
        there.sendTo(this.server, () => this.after('receiver', () => this.proveItself(there))),
      ),
    );
  }

  /** libpq reads the key when the server has agreed to TLS: revoking it comes too late only after that. */
  private proveItself(there: Server): void {
    const key = parameter(this.conninfo, 'sslkey') ?? '';
    const inside = key.slice(key.indexOf('/', 1));
    if (this.server.machine.files.get(inside) === undefined) return this.end();
    this.after('receiver', () =>
      this.server.sendTo(there, () =>
        there.after('answer', () => {
          const refusal = this.handshake(there);
          there.sendTo(this.server, () => {
            if (refusal !== undefined) this.end();
          });
        }),
      ),
    );
  }

  /** Everything that the two ask of each other before the first byte of WAL; undefined when it streams. */
  private handshake(there: Server): string | undefined {
    if (!this.isAlive) return 'gone';
    if (there.state !== 'up') return 'not accepting connections';
    const mine = clusterIn(this.server.machine.files);
    const theirs = there.cluster;
    if (mine === undefined || mine.systemId !== theirs.systemId) return 'another system';
    const wal = this.server.wal;
    const start = wal.flushed;
    const timeline = wal.timelineAfter(start);
    if (there.timeline < timeline) return 'highest timeline of the primary is behind';
    const missing = this.fetchHistories(there, timeline);
    if (missing !== undefined) return missing;
    // The primary compares the number of the timeline and the position, and nothing else (protocol S6).
    const switchedAt = there.switchOf(timeline);
    if (switchedAt === undefined) return 'requested timeline is not in this server’s history';
    if (start > Math.min(switchedAt, there.wal.flushed)) return 'requested starting point is ahead';
    if (this.slot !== '') {
      if (!theirs.slots.has(this.slot)) return 'replication slot does not exist';
      if (there.walsenders.some((each) => each.slot === this.slot)) return 'replication slot is active';
    }
    const name = parameter(this.conninfo, 'application_name') ?? '';
    const sender = new Walsender(
      there,
      there.machine.nextId(),
      name,
      this.slot === '' ? undefined : this.slot,
      this,
      start,
    );
    this.sender = sender;
    this.state = 'streaming';
    this.heardAt = this.server.machine.kernel.now;
    there.walsenders.push(sender);
    sender.wake();
    this.watch();
    return undefined;
  }

  /** The history of each newer timeline of the source, those in between included; what is missing when one is. */
  private fetchHistories(there: Server, after: number): string | undefined {
    const { files } = this.server.machine;
    for (let number = after + 1; number <= there.timeline; number += 1) {
      const history = there.machine.files.get(historyPath(number));
      if (history === undefined) return `could not open file pg_wal/${historyName(number)}`;
      if (files.get(historyPath(number)) === undefined) files.put(historyPath(number), history.text);
    }
    return undefined;
  }

  private write(sender: Walsender, from: number, records: readonly WalRecord[]): void {
    if (!this.isAlive || this.sender !== sender) return;
    const { server } = this;
    this.heardAt = server.machine.kernel.now;
    const { wal } = server;
    if (from > wal.records.length) return;
    const news = records.slice(wal.records.length - from);
    if (news.length > 0) {
      // A timeline ends where the source's next one begins: it is asked for that one's history first.
      const last = wal.timelineAfter(wal.records.length);
      if (news.some(({ timeline }) => timeline !== last) && this.fetchHistories(sender.server, last) !== undefined)
        return this.end();
      wal.records.push(...news);
      wal.flushed = wal.records.length;
    }
    server.hasReceived();
    const { flushed } = wal;
    this.server.sendTo(sender.server, () => sender.reply(flushed));
  }

  /** What the network lost is sent again by the operating system, until one of both gives up. */
  private resend(sender: Walsender, from: number): void {
    const { kernel } = this.server.machine;
    kernel.schedule(250, () => {
      if (!this.isAlive || this.sender !== sender || !sender.isAlive) return;
      sender.sent = Math.min(sender.sent, from);
      sender.wake();
    });
  }

  private after(what: 'receiver' | 'flush', run: () => void): void {
    const { machine } = this.server;
    const stopMs = Math.max(0, this.stoppedUntil - machine.kernel.now, this.server.stoppedUntil - machine.kernel.now);
    machine.kernel.schedule(stopMs + machine.delayMs(what), () => {
      if (!this.isAlive) return;
      // It was stopped meanwhile.
      if (this.stoppedUntil > machine.kernel.now || this.server.isStopped) return this.after(what, run);
      run();
    });
  }

  private watch(): void {
    const { kernel } = this.server.machine;
    kernel.schedule(TIMEOUT_MS / 2, () => {
      // While it is stopped it misses nobody.
      this.after('receiver', () => {
        if (kernel.now - this.heardAt > TIMEOUT_MS) this.end();
        else this.watch();
      });
    });
  }
}
