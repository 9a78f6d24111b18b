/** Values that stand in a log line as they are. Never a secret. */
export type LogFields = Readonly<Record<string, unknown>>;

/** One JSON object a line, each with a stable code. */
export interface Log {
  info(code: string, fields?: LogFields): void;
  warning(code: string, fields?: LogFields): void;
  /** `cause`: what was thrown; its name, message and causes are told. */
  error(code: string, cause: unknown, fields?: LogFields): void;
}

/** To standard output, which Lambda keeps line by line; `console` would put its own prefix before the JSON. */
export function createLog(
  common: LogFields,
  write: (line: string) => unknown = (line) => process.stdout.write(line),
): Log {
  const tell = (level: string, code: string, fields: LogFields) => {
    const line = { at: new Date().toISOString(), level, code, ...common, ...fields };
    write(
      `${JSON.stringify(line, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))}\n`,
    );
  };
  return {
    info: (code, fields = {}) => tell('info', code, fields),
    warning: (code, fields = {}) => tell('warning', code, fields),
    error: (code, cause, fields = {}) => tell('error', code, { ...fields, error: describeError(cause) }),
  };
}

/** `Name: message`, and so on for its causes. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own} (because of ${describeError(error.cause)})`;
}
