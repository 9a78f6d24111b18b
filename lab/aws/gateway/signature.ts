import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Signature Version 4, the verifying side. Source: "Create a signed AWS API request" in the IAM user guide. Only the
 * Authorization header is understood; presigned URLs are not used by anything the lab runs.
 */
export interface Authorization {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const HEADER =
  /^AWS4-HMAC-SHA256 Credential=([^/\s]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/;

export function parseAuthorization(header: string | undefined): Authorization | undefined {
  const match = header === undefined ? null : HEADER.exec(header);
  if (match === null) return undefined;
  const [, accessKeyId = '', date = '', region = '', service = '', signedHeaders = '', signature = ''] = match;
  return { accessKeyId, date, region, service, signedHeaders: signedHeaders.split(';'), signature };
}

export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();

function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function canonicalQuery(query: string): string {
  return [...new URLSearchParams(query.replaceAll('+', '%2B'))]
    .map(([name, value]) => [percentEncode(name), percentEncode(value)] as const)
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** True when the request was signed with this secret, and what it says of its body is true. */
export function isSignedBy(request: SignedRequest, authorization: Authorization, secretAccessKey: string): boolean {
  const { date, region, service } = authorization;
  const stated = request.headers['x-amz-content-sha256'];
  const bodyIsHashed = stated === undefined || /^[0-9a-f]{64}$/.test(stated);
  const bodyHash = bodyIsHashed ? sha256(request.body) : stated;
  if (stated !== undefined && stated !== bodyHash) return false;
  if (!authorization.signedHeaders.includes('host')) return false;
  // S3 signs the path as sent; every other service encodes what was sent once more.
  const path = service === 's3' ? request.path : percentEncode(request.path).replaceAll('%2F', '/');
  const canonicalRequest = [
    request.method,
    path,
    canonicalQuery(request.query),
    ...authorization.signedHeaders.map(
      (name) => `${name}:${(request.headers[name] ?? '').trim().replace(/\s+/g, ' ')}`,
    ),
    '',
    authorization.signedHeaders.join(';'),
    bodyHash,
  ].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'] ?? '', scope, sha256(canonicalRequest)].join('\n');
  const key = [region, service, 'aws4_request'].reduce<Buffer>(hmac, hmac(`AWS4${secretAccessKey}`, date));
  return timingSafeEqual(hmac(key, toSign), Buffer.from(authorization.signature, 'hex'));
}

/** `20260102T030405Z` in milliseconds since 1970; undefined when it is no such time. */
export function parseAmzDate(text: string | undefined): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '');
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
