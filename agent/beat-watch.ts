import { MalformedItemError, RegisterUnavailableError, type Register } from '../register';
import type { Log } from './log';

/** Readings further apart than this say nothing of the time between them: the register or this process stood still. */
const GAP_MS = 3_000;

/**
 * The health checker's beat as this agent sees it: for how long it has stood still, by the agent's own clock. The wall
 * clocks that stand in it are for people.
 */
export class BeatWatch {
  private last: { readonly text: string; readonly sinceMs: number; readonly readMs: number } | undefined;
  private unread = '';

  constructor(
    private readonly register: Pick<Register, 'readBeat'>,
    private readonly log: Log,
    private readonly now: () => number,
  ) {}

  /** Strong read. Never throws. */
  async look(): Promise<void> {
    const text = await this.read();
    if (text === undefined) return;
    const readMs = this.now();
    const { last } = this;
    const isStill = last?.text === text && readMs - last.readMs <= GAP_MS;
    this.last = { text, sinceMs: isStill ? last.sinceMs : readMs, readMs };
  }

  /** For how long readings have shown the same; null while they are too far apart to tell. */
  stillMs(): number | null {
    const { last } = this;
    return last === undefined || this.now() - last.readMs > GAP_MS ? null : last.readMs - last.sinceMs;
  }

  private async read(): Promise<string | undefined> {
    try {
      const beat = await this.register.readBeat();
      this.unread = '';
      return beat === undefined ? 'none' : `${beat.generation}/${beat.invocationId}/${beat.count}`;
    } catch (error) {
      if (String(error) !== this.unread) this.log.warning('health-checker-beat-unread', { reason: String(error) });
      this.unread = String(error);
      // Whoever wrote this cannot go on from it either.
      if (error instanceof MalformedItemError) return error.message;
      if (!(error instanceof RegisterUnavailableError)) this.log.error('health-checker-beat', error);
      return undefined;
    }
  }
}
