/** A refusal in AWS's own words; the service's dialect gives it its shape on the wire. */
export class AwsError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
    this.name = code;
  }
}

/** The lab's own refusal, for what it does not emulate: never to be mistaken for an answer of AWS. */
export class NotEmulatedError extends AwsError {
  constructor(what: string) {
    super('HoldfastLabNotEmulated', `The lab does not emulate ${what}.`, 501);
  }
}
