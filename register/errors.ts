/** An item that is there but is not what it should be. Nobody acts on it, and nobody overwrites it. */
export class MalformedItemError extends Error {
  override readonly name = 'MalformedItemError';
  constructor(
    /** What was read: `cluster/record`, `node#a/pledge`, `agent's page of slot a` … */
    readonly what: string,
    /** Path and complaint, e.g. `guarantees[0].acks: expected a whole number`. */
    readonly problems: readonly string[],
  ) {
    super(`${what} is malformed: ${problems.join('; ')}.`);
  }
}

/** The register did not answer in time, or answered with an error of its own. Whether a write took place is unknown. */
export class RegisterUnavailableError extends Error {
  override readonly name = 'RegisterUnavailableError';
  constructor(
    readonly operation: string,
    cause: unknown,
  ) {
    super(
      `The register did not ${operation}: ${cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)}`,
      {
        cause,
      },
    );
  }
}
