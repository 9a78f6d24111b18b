import type { Server } from './server';

/** One session's process. It lives until it is ended, or its client is gone and it notices. */
export class Backend {
  isAlive = true;
  /** The commit that it waits for, if it does: a position. */
  waitsFor: number | undefined;
  readonly pid: number;

  constructor(
    readonly server: Server,
    readonly options: {
      readonly user: string;
      readonly applicationName: string;
      readonly isReplication: boolean;
      readonly isSynchronous: boolean;
    },
    private readonly onEnd: () => void,
  ) {
    this.pid = server.machine.nextId();
    server.backends.add(this);
  }

  end(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.server.backends.delete(this);
    this.onEnd();
  }
}
