/** What went wrong with one PostgreSQL server, named by what the caller can do about it. */
export class PostgresError extends Error {
  override readonly name: string = 'PostgresError';
}

/** Nobody listens on the socket. */
export class PostgresDown extends PostgresError {
  override readonly name = 'PostgresDown';
}

/** The postmaster answers that it starts, recovers or shuts down. */
export class PostgresStarting extends PostgresError {
  override readonly name = 'PostgresStarting';
}

/** No answer in time: to a fresh connection, or to a statement. */
export class PostgresFrozen extends PostgresError {
  override readonly name = 'PostgresFrozen';
}

/** The server answered with an error; `code` is its SQLSTATE. */
export class PostgresSqlError extends PostgresError {
  override readonly name = 'PostgresSqlError';
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The session ended under the statement: the server died, or ended it. */
export class PostgresSessionLost extends PostgresError {
  override readonly name = 'PostgresSessionLost';
}

/** The thing waited for did not come in time. Nothing is known about whether it will. */
export class PostgresTimeout extends PostgresError {
  override readonly name = 'PostgresTimeout';
}

/** A condition that the caller has to meet first is not met; asking again changes nothing. */
export class PostgresRefused extends PostgresError {
  override readonly name = 'PostgresRefused';
}
