import type { CredentialStore } from '../iam/credentials';
import type { Principal } from '../iam/principal';
import { AwsError } from './aws-error';
import type { Dialect } from './dialect';
import { isSignedBy, parseAmzDate, type Authorization, type SignedRequest } from './signature';

/** AWS refuses a request whose clock is further off than this. */
const MAX_SKEW_MS = 5 * 60_000;

/** Whose request this is, or the service's own refusal. */
export function authenticate(
  request: SignedRequest,
  authorization: Authorization,
  credentials: CredentialStore,
  dialect: Dialect,
  nowMs: number,
): Principal {
  const refuse = ([code, status]: readonly [string, number], message: string) => new AwsError(code, message, status);
  const known = credentials.find(authorization.accessKeyId);
  if (known === undefined) throw refuse(dialect.unknownKey, 'The security token included in the request is invalid.');
  const { sessionToken, secretAccessKey, expiresAtMs } = known.credentials;
  if (sessionToken !== request.headers['x-amz-security-token']) {
    throw refuse(dialect.unknownKey, 'The security token included in the request is invalid.');
  }
  if (expiresAtMs !== undefined && expiresAtMs <= nowMs) {
    throw refuse(dialect.expiredToken, 'The security token included in the request is expired');
  }
  const signedAtMs = parseAmzDate(request.headers['x-amz-date']);
  if (signedAtMs === undefined || Math.abs(nowMs - signedAtMs) > MAX_SKEW_MS) {
    const stated = request.headers['x-amz-date'] ?? 'no X-Amz-Date';
    throw refuse(dialect.skewedClock, `Signature expired: ${stated} is not within 5 minutes of the server's time.`);
  }
  if (!isSignedBy(request, authorization, secretAccessKey)) {
    throw refuse(
      dialect.badSignature,
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
    );
  }
  return known.principal;
}
