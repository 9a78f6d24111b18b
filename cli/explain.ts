import { MalformedItemError, RegisterUnavailableError } from '../register';
import { CliError } from './cli-error';

const EXPIRED = ['ExpiredToken', 'ExpiredTokenException', 'RequestExpired'];
const UNKNOWN_KEY = ['UnrecognizedClientException', 'InvalidClientTokenId', 'InvalidAccessKeyId', 'AuthFailure'];
const BAD_SIGNATURE = ['InvalidSignatureException', 'SignatureDoesNotMatch'];
const DENIED = ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation'];
const NO_WAY = ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'];

/** What an error means for somebody at a terminal. What is not known here comes back as it was. */
export function explain(error: unknown): unknown {
  if (error instanceof CliError) return error;
  if (error instanceof MalformedItemError) {
    return new CliError(
      error.message,
      'It was written by a newer version of Holdfast, or by hand. Use the version of the command line that the cluster was deployed with.',
      error,
    );
  }
  for (const each of causes(error)) {
    const known = explainOne(each);
    if (known !== undefined) return known;
  }
  if (error instanceof RegisterUnavailableError) {
    return new CliError(error.message, 'Try again; the cluster itself does not need the register to serve.', error);
  }
  return error;
}

function explainOne(error: Error & { readonly code?: unknown }): CliError | undefined {
  const { name, message } = error;
  const code = typeof error.code === 'string' ? error.code : '';
  if (EXPIRED.includes(name) || /token.*(is|has) expired/i.test(message)) {
    return new CliError('Your AWS credentials have expired.', 'Log in again, for example: aws sso login', error);
  }
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return new CliError(
      `No AWS credentials are found: ${message}`,
      'Log in (aws sso login, aws configure), or choose --profile.',
      error,
    );
  }
  if (UNKNOWN_KEY.includes(name)) {
    return new CliError(
      'AWS does not know these credentials.',
      'They may be of another partition, or deleted: choose --profile, or log in again.',
      error,
    );
  }
  if (BAD_SIGNATURE.includes(name)) {
    return new CliError(
      `AWS refuses the signature: ${message}`,
      "The secret key is wrong, or this machine's clock is.",
      error,
    );
  }
  if (DENIED.includes(name)) return denied(message, error);
  if (name === 'ResourceNotFoundException') {
    return new CliError(
      `What the stack names is not there: ${message}`,
      'If it is the register: the primary serves on, but nothing fails over. See docs/operations.md, "The register is gone".',
      error,
    );
  }
  if (name === 'ValidationError' && /does not exist/.test(message)) {
    return new CliError(message, 'Stacks belong to a region and an account: check --region and --profile.', error);
  }
  if (NO_WAY.includes(code) || name === 'TimeoutError' || name === 'AbortError') {
    return new CliError(
      `AWS does not answer: ${message}`,
      'Is there a way from here to AWS in this region? The cluster itself does not need it to serve.',
      error,
    );
  }
  return undefined;
}

function denied(message: string, error: Error): CliError {
  const permission = /not authorized to perform: ([a-z0-9-]+:[A-Za-z]+)/.exec(message)?.[1];
  const who = /User: (\S+)/.exec(message)?.[1];
  return new CliError(
    `${who ?? 'You'} may not ${permission ?? 'do this'}.`,
    `${permission === undefined ? message : `The permission ${permission} is missing`}. ` +
      'In CDK, cluster.grantOperator(grantee) gives everything that this command line needs; ' +
      'the stack of this project has a policy for it, named by the output OperatorPolicyArn.',
    error,
  );
}

function causes(error: unknown): (Error & { readonly code?: unknown })[] {
  const found: Error[] = [];
  for (let each = error; each instanceof Error && found.length < 10; each = each.cause) found.push(each);
  return found;
}
