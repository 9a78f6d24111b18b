import { spawn } from 'node:child_process';

/** `stalled`: an access has not come back in time. `failing`: it came back with an error. `unknown`: not asked yet. */
export type DiskHealth = 'unknown' | 'answers' | 'stalled' | 'failing';

export interface DiskProbeOptions {
  readonly device: string;
  /** On the volume; written over and over. */
  readonly file: string;
  /** When {@link DiskProbe.ask} tells that it has not come back. */
  readonly timeoutMs: number;
  readonly now?: () => number;
}

/**
 * Reads one block of the volume past the page cache and flushes it into a file there, in a process of its own: a hung
 * disk then holds that process and nothing of the agent. PostgreSQL on such a disk may go on answering from memory, and
 * standbys stay fed, so only this says it (protocol L8).
 *
 * A process that hangs in the kernel cannot be killed, so there is never more than one: while it has not ended, the
 * disk is stalled.
 */
export class DiskProbe {
  private last: DiskHealth = 'unknown';
  private underWay: Promise<DiskHealth> | undefined;
  private answeredAt: number | undefined;
  private readonly now: () => number;

  constructor(private readonly options: DiskProbeOptions) {
    this.now = options.now ?? (() => performance.now());
  }

  /** What the last {@link ask} found. */
  get health(): DiskHealth {
    return this.last;
  }

  /** Milliseconds since the volume last answered, or since it was first asked; null before that. */
  get answerAgeMs(): number | null {
    return this.answeredAt === undefined ? null : this.now() - this.answeredAt;
  }

  /** Starts an access if none is under way, and tells after `timeoutMs` at the latest. */
  async ask(): Promise<DiskHealth> {
    this.answeredAt ??= this.now();
    this.underWay ??= this.access().then((health) => {
      if (health === 'answers') this.answeredAt = this.now();
      this.underWay = undefined;
      return health;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<DiskHealth>((resolve) => {
      timer = setTimeout(() => resolve('stalled'), this.options.timeoutMs);
    });
    this.last = await Promise.race([this.underWay, late]);
    clearTimeout(timer);
    return this.last;
  }

  private access(): Promise<DiskHealth> {
    const { device, file } = this.options;
    const args = [`if=${device}`, `of=${file}`, 'iflag=direct', 'oflag=dsync', 'conv=notrunc', 'bs=4096', 'count=1'];
    return new Promise((resolve) => {
      const program = spawn('dd', args, { cwd: '/', env: { LC_ALL: 'C' }, stdio: ['ignore', 'ignore', 'pipe'] });
      let said = '';
      program.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
      program.on('error', () => resolve('failing'));
      // A full disk answers: it has its own finding.
      program.on('close', (code) =>
        resolve(code === 0 || said.includes('No space left on device') ? 'answers' : 'failing'),
      );
    });
  }
}
