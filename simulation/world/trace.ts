import type { Kernel } from '../kernel/kernel';

/** What happened, in words: written only when somebody wants to read it, since the same seed tells the same again. */
export class Trace {
  readonly lines: string[] = [];

  constructor(
    private readonly kernel: Kernel,
    readonly isOn: boolean,
  ) {}

  tell(who: string, what: () => string): void {
    if (!this.isOn) return;
    this.lines.push(`${(this.kernel.now / 1000).toFixed(3).padStart(9)}  ${who.padEnd(12)} ${what()}`);
  }
}

/** The log of an agent or a health checker, as lines of the trace. */
export function logInto(
  trace: Trace,
  who: string,
): {
  info(code: string, fields?: Readonly<Record<string, unknown>>): void;
  warning(code: string, fields?: Readonly<Record<string, unknown>>): void;
  error(code: string, cause: unknown, fields?: Readonly<Record<string, unknown>>): void;
  with(): ReturnType<typeof logInto>;
} {
  const line = (code: string, fields: unknown): void => trace.tell(who, () => `${code} ${textOf(fields)}`);
  const log = {
    info: line,
    warning: line,
    error: (code: string, cause: unknown, fields?: Readonly<Record<string, unknown>>) =>
      line(code, { ...fields, error: String(cause) }),
    with: () => log,
  };
  return log;
}

function textOf(fields: unknown): string {
  if (fields === undefined) return '';
  return JSON.stringify(fields, (_key, value: unknown) =>
    typeof value === 'bigint' ? `0/${value.toString(16).toUpperCase()}` : value,
  );
}
