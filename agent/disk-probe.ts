import { spawn } from 'node:child_process';

/** `stalled`: a read has not come back in time. `failing`: it came back with an error. `unknown`: not asked yet. */
export type DiskHealth = 'unknown' | 'answers' | 'stalled' | 'failing';

/**
 * Reads one block of the volume past the page cache, in a process of its own: a hung disk then holds that process and
 * nothing of the agent. PostgreSQL on such a disk may go on answering from memory, and standbys stay fed, so only this
 * says it (protocol L8).
 *
 * A process that hangs in the kernel cannot be killed, so there is never more than one: while it has not ended, the
 * disk is stalled.
 */
export class DiskProbe {
  private last: DiskHealth = 'unknown';
  private underWay: Promise<DiskHealth> | undefined;

  constructor(
    private readonly device: string,
    private readonly timeoutMs: number,
  ) {}

  /** What the last {@link read} found. */
  get health(): DiskHealth {
    return this.last;
  }

  /** Starts a read if none is under way, and tells after `timeoutMs` at the latest. */
  async read(): Promise<DiskHealth> {
    this.underWay ??= this.readBlock().finally(() => {
      this.underWay = undefined;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<DiskHealth>((resolve) => {
      timer = setTimeout(() => resolve('stalled'), this.timeoutMs);
    });
    this.last = await Promise.race([this.underWay, late]);
    clearTimeout(timer);
    return this.last;
  }

  private readBlock(): Promise<DiskHealth> {
    const args = [`if=${this.device}`, 'of=/dev/null', 'iflag=direct', 'bs=4096', 'count=1', 'status=none'];
    return new Promise((resolve) => {
      const reader = spawn('dd', args, { cwd: '/', stdio: 'ignore' });
      reader.on('error', () => resolve('failing'));
      reader.on('exit', (code) => resolve(code === 0 ? 'answers' : 'failing'));
    });
  }
}
