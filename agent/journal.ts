import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Log } from './log';
import type { JournalEntry } from './shippable';

/** Prints entries as JSON, one a line, for ever. Beside the database, never before it. */
const JOURNALCTL: readonly string[] = [
  ...['nice', '-n', '19', 'journalctl', '--follow', '--boot', '--output=json'],
  '--output-fields=MESSAGE,SYSLOG_IDENTIFIER',
];
/** What a journal of long is worth, when nothing was read of it yet. */
const FIRST_LINES = 1_000;
const AGAIN_MS = 10_000;

/** Text; bytes when it is not UTF-8; null when it is longer than journalctl tells. */
const message = z
  .union([z.string(), z.array(z.int()).transform((bytes) => Buffer.from(bytes).toString('utf8')), z.null()])
  .transform((text) => text ?? '(a line that is too long)');

const entry = z.object({
  __CURSOR: z.string(),
  __REALTIME_TIMESTAMP: z.coerce.number(),
  SYSLOG_IDENTIFIER: z.string().default(''),
  MESSAGE: message,
});

/** The journal of these units from where it was read last, for as long as the process lives. */
export class Journal {
  private child: ChildProcess | undefined;
  private stopped = false;

  constructor(
    private readonly units: readonly string[],
    private readonly log: Log,
    /** Of the entry that was read last, by whomever. */
    private cursor: string | undefined,
    private readonly program: readonly string[] = JOURNALCTL,
    private readonly againMs = AGAIN_MS,
  ) {}

  /** Calls back for each entry. When journalctl ends, it is started again where it ended. */
  async follow(onEntry: (entry: JournalEntry) => void): Promise<void> {
    while (!this.stopped) {
      try {
        await this.read(onEntry);
      } catch (error) {
        this.log.error('journal-unread', error);
      }
      if (!this.stopped) await pause(this.againMs, undefined, { ref: false });
    }
  }

  stop(): void {
    this.stopped = true;
    this.child?.kill();
  }

  private async read(onEntry: (entry: JournalEntry) => void): Promise<void> {
    // Without --no-tail, --follow shows the last ten lines only, wherever the cursor is.
    const from =
      this.cursor === undefined ? [`--lines=${FIRST_LINES}`] : ['--no-tail', `--after-cursor=${this.cursor}`];
    const [program = '', ...args] = [...this.program, ...this.units.map((unit) => `--unit=${unit}`), ...from];
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.child = child;
    let isEmpty = true;
    const ended = new Promise<void>((resolve, reject) => child.once('error', reject).once('close', () => resolve()));
    // It may fail before it is waited for below.
    ended.catch(() => undefined);
    for await (const line of createInterface({ input: child.stdout })) {
      const parsed = entry.safeParse(jsonOrNothing(line));
      if (!parsed.success) continue;
      const { __CURSOR, __REALTIME_TIMESTAMP, SYSLOG_IDENTIFIER, MESSAGE } = parsed.data;
      isEmpty = false;
      this.cursor = __CURSOR;
      const atMs = Math.floor(__REALTIME_TIMESTAMP / 1_000);
      onEntry({ atMs, from: SYSLOG_IDENTIFIER, message: MESSAGE, cursor: __CURSOR });
    }
    await ended;
    // A place that the journal does not know any more: it was shortened meanwhile.
    if (isEmpty) this.cursor = undefined;
  }
}

/** A line that was cut off when journalctl ended is none. */
function jsonOrNothing(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
