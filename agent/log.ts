import type { Writable } from 'node:stream';
import { isNativeError } from 'node:util/types';

type Level = 'info' | 'warning' | 'error';

/** Values that stand in a log line as they are. Never a secret. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The agent's own account of what it does: one JSON object a line, with a stable code. */
export interface Log {
  info(code: string, fields?: LogFields): void;
  warning(code: string, fields?: LogFields): void;
  /** `cause`: what was thrown; its name, message and causes are told. */
  error(code: string, cause: unknown, fields?: LogFields): void;
  /** A log whose every line also has these fields. */
  with(fields: LogFields): Log;
}

/** Unwritten lines beyond this are dropped and counted: a stuck journal must cost neither memory nor time. */
const MOST_UNWRITTEN_BYTES = 1024 * 1024;

/** A log to a stream, in the node standard output, which systemd keeps in the journal. */
export function createLog(stream: Writable = process.stdout, fields: LogFields = {}): Log {
  return new JsonLog(new LineSink(stream), fields);
}

class JsonLog implements Log {
  constructor(
    private readonly sink: LineSink,
    private readonly fields: LogFields,
  ) {}

  info(code: string, fields: LogFields = {}): void {
    this.write('info', code, fields);
  }

  warning(code: string, fields: LogFields = {}): void {
    this.write('warning', code, fields);
  }

  error(code: string, cause: unknown, fields: LogFields = {}): void {
    this.write('error', code, { ...fields, error: describeError(cause) });
  }

  with(fields: LogFields): Log {
    return new JsonLog(this.sink, { ...this.fields, ...fields });
  }

  private write(level: Level, code: string, fields: LogFields): void {
    this.sink.write({ at: new Date().toISOString(), level, code, ...this.fields, ...fields });
  }
}

class LineSink {
  private dropped = 0;

  constructor(private readonly stream: Writable) {
    // Without a listener a closed journal would end the agent.
    stream.on('error', () => undefined);
  }

  write(line: LogFields): void {
    if (this.stream.writableLength > MOST_UNWRITTEN_BYTES) {
      this.dropped += 1;
      return;
    }
    const told = this.dropped === 0 ? line : { ...line, droppedLines: this.dropped };
    this.dropped = 0;
    this.stream.write(`${JSON.stringify(told, asText)}\n`);
  }
}

/** WAL positions are bigints, which JSON does not have. */
function asText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

/** `Name: message`, and so on for its causes. */
export function describeError(error: unknown): string {
  if (!isNativeError(error)) return String(error);
  const own = `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own} (because of ${describeError(error.cause)})`;
}
