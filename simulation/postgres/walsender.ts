import type { Configuration } from './configuration';
import type { Receiver } from './receiver';
import type { Server } from './server';

/** Without a reply for this long it gives its standby up (wal_sender_timeout). */
const TIMEOUT_MS = 5_000;

/**
 * One walsender. Its loop is PostgreSQL's: take over a changed configuration, handle replies, send. Between these steps it
 * can be late, so a reply may be judged by a setting that the postmaster has long replaced (protocol S2).
 */
export class Walsender {
  /** Its entry in shared memory: 1 when the names it has taken over list its standby. Everybody counts by this. */
  priority = 0;
  state: 'catchup' | 'streaming' = 'catchup';
  sent: number;
  flushed: number | undefined;
  replyAt: number;
  isAlive = true;
  /** While later than now it stands still. */
  stoppedUntil = 0;
  private configuration: Configuration;
  private readonly replies: number[] = [];
  private isBusy = false;
  private isWanted = false;
  private isHungUp = false;

  constructor(
    readonly server: Server,
    readonly pid: number,
    readonly applicationName: string,
    readonly slot: string | undefined,
    readonly receiver: Receiver,
    from: number,
  ) {
    this.sent = from;
    this.replyAt = server.machine.kernel.now;
    this.configuration = server.configuration;
    this.takeOver();
    this.watch();
  }

  /** It is stopped in the middle of its loop: it has taken over what there was, and will handle what comes meanwhile. */
  standStill(ms: number): void {
    this.stoppedUntil = this.server.machine.kernel.now + ms;
    if (this.isBusy) return;
    this.isBusy = true;
    this.turn();
  }

  /** New WAL, a reply, or a changed configuration. */
  wake(): void {
    this.isWanted = true;
    if (this.isBusy || !this.isAlive) return;
    this.isBusy = true;
    this.after(() => this.turn());
  }

  reply(flushed: number): void {
    if (!this.isAlive) return;
    this.replies.push(flushed);
    this.wake();
  }

  /** Its standby has closed the connection, behind what it has sent. */
  hangUp(): void {
    this.isHungUp = true;
    this.wake();
  }

  /** SIGTERM: it ends when it gets to it, which it does not while it is stopped. */
  terminate(): void {
    this.after(() => this.end());
  }

  end(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.server.forget(this);
    this.receiver.lost(this);
  }

  /** It is gone, and nobody can tell the standby. */
  vanish(): void {
    this.isAlive = false;
  }

  private turn(): void {
    this.isWanted = false;
    this.takeOver();
    this.after(() => {
      this.handleReplies();
      if (this.isHungUp) return this.end();
      this.after(() => {
        this.send();
        this.isBusy = false;
        if (this.isWanted || this.replies.length > 0) this.wake();
      });
    });
  }

  private takeOver(): void {
    this.configuration = this.server.configuration;
    this.priority = this.configuration.quorum?.members.has(this.applicationName) === true ? 1 : 0;
  }

  private handleReplies(): void {
    for (const flushed of this.replies.splice(0)) {
      this.replyAt = this.server.machine.kernel.now;
      this.flushed = Math.max(this.flushed ?? 0, flushed);
      this.server.remember(this.applicationName, this.flushed);
      if (this.state === 'catchup' && flushed >= this.server.wal.flushed) this.state = 'streaming';
    }
    this.release();
  }

  /** SyncRepReleaseWaiters: by this process's own number, and everybody's own word on whether it counts. */
  private release(): void {
    const { quorum } = this.configuration;
    if (this.priority === 0 || quorum === undefined || this.flushed === undefined) return;
    const counting = this.server.walsenders
      .filter((each) => each.priority > 0 && each.flushed !== undefined)
      .map((each) => each.flushed ?? 0)
      .sort((left, right) => right - left);
    const confirmed = counting[quorum.acks - 1];
    if (confirmed !== undefined) this.server.release(confirmed);
  }

  private send(): void {
    const { wal } = this.server;
    if (this.sent > wal.flushed) this.sent = wal.flushed;
    const records = wal.records.slice(this.sent, wal.flushed);
    const from = this.sent;
    this.sent = wal.flushed;
    this.receiver.receive(this, from, records);
  }

  private after(run: () => void): void {
    const { kernel } = this.server.machine;
    const stopMs = Math.max(0, this.stoppedUntil - kernel.now, this.server.stoppedUntil - kernel.now);
    kernel.schedule(stopMs + this.server.machine.delayMs('walsender'), () => {
      if (!this.isAlive) return;
      // It was stopped meanwhile.
      if (this.stoppedUntil > kernel.now || this.server.isStopped) return this.after(run);
      run();
    });
  }

  private watch(): void {
    const { kernel } = this.server.machine;
    kernel.schedule(TIMEOUT_MS / 2, () => {
      if (!this.isAlive) return;
      const isStopped = this.stoppedUntil > kernel.now || this.server.isStopped;
      // It handles what has come before it looks at the time.
      if (kernel.now - this.replyAt > TIMEOUT_MS && !isStopped && this.replies.length === 0) return this.end();
      // Keepalives ask for a reply.
      this.wake();
      this.watch();
    });
  }
}
