/** What keeps a command from its work, in the operator's words; printed without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError';
  constructor(
    message: string,
    /** What would help. */
    readonly help?: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}
