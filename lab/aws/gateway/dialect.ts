import type { AwsError } from './aws-error';
import type { Reply } from './call';
import { xmlDocument } from '../wire/xml';

type Code = readonly [code: string, status: number];

/** How one service names and writes its errors. Sources: each service's API reference, "Common errors". */
export interface Dialect {
  readonly accessDenied: Code;
  readonly throttled: Code;
  readonly unknownKey: Code;
  readonly badSignature: Code;
  readonly expiredToken: Code;
  /** The request's clock is more than five minutes off. */
  readonly skewedClock: Code;
  write(error: AwsError, requestId: string): Reply;
}

const XML = { 'content-type': 'text/xml;charset=UTF-8' };

const queryCodes = {
  accessDenied: ['AccessDenied', 403],
  throttled: ['Throttling', 400],
  unknownKey: ['InvalidClientTokenId', 403],
  badSignature: ['SignatureDoesNotMatch', 403],
  expiredToken: ['ExpiredToken', 403],
  skewedClock: ['SignatureDoesNotMatch', 403],
} as const satisfies Partial<Dialect>;

function errorResponse(namespace: string): Pick<Dialect, 'write'> {
  return {
    write: (error, requestId) => ({
      status: error.status,
      headers: XML,
      body: xmlDocument('ErrorResponse', namespace, {
        Error: { Type: error.status < 500 ? 'Sender' : 'Receiver', Code: error.code, Message: error.message },
        RequestId: requestId,
      }),
    }),
  };
}

const ec2: Dialect = {
  accessDenied: ['UnauthorizedOperation', 403],
  throttled: ['RequestLimitExceeded', 503],
  unknownKey: ['AuthFailure', 401],
  badSignature: ['AuthFailure', 401],
  expiredToken: ['RequestExpired', 400],
  skewedClock: ['RequestExpired', 400],
  write: (error, requestId) => ({
    status: error.status,
    headers: XML,
    body: xmlDocument('Response', undefined, {
      Errors: { Error: { Code: error.code, Message: error.message } },
      RequestID: requestId,
    }),
  }),
};

const s3: Dialect = {
  accessDenied: ['AccessDenied', 403],
  throttled: ['SlowDown', 503],
  unknownKey: ['InvalidAccessKeyId', 403],
  badSignature: ['SignatureDoesNotMatch', 403],
  expiredToken: ['ExpiredToken', 400],
  skewedClock: ['RequestTimeTooSkewed', 403],
  write: (error, requestId) => ({
    status: error.status,
    headers: { 'content-type': 'application/xml' },
    body: xmlDocument('Error', undefined, { Code: error.code, Message: error.message, RequestId: requestId }),
  }),
};

function json(version: '1.0' | '1.1', namespace: string): Dialect {
  return {
    accessDenied: ['AccessDeniedException', 400],
    throttled: ['ThrottlingException', 400],
    unknownKey: ['UnrecognizedClientException', 400],
    badSignature: ['InvalidSignatureException', 400],
    expiredToken: ['ExpiredTokenException', 400],
    skewedClock: ['InvalidSignatureException', 400],
    write: (error) => ({
      status: error.status,
      headers: { 'content-type': `application/x-amz-json-${version}`, 'x-amzn-errortype': error.code },
      body: JSON.stringify({ __type: `${namespace}${error.code}`, message: error.message, Message: error.message }),
    }),
  };
}

const DIALECTS: Readonly<Record<string, Dialect>> = {
  ec2,
  s3,
  autoscaling: { ...queryCodes, ...errorResponse('http://autoscaling.amazonaws.com/doc/2011-01-01/') },
  route53: { ...queryCodes, ...errorResponse('https://route53.amazonaws.com/doc/2013-04-01/') },
  cloudformation: { ...queryCodes, ...errorResponse('http://cloudformation.amazonaws.com/doc/2010-05-15/') },
  sts: { ...queryCodes, ...errorResponse('https://sts.amazonaws.com/doc/2011-06-15/') },
  dynamodb: json('1.0', 'com.amazon.coral.service#'),
  ssm: json('1.1', ''),
  secretsmanager: json('1.1', ''),
};

/** Of a service that the lab does not know, errors are written as JSON. */
export function dialectOf(service: string): Dialect {
  return DIALECTS[service] ?? json('1.1', '');
}

/** EC2 lists its successes as `<…Response><requestId>`. */
export function ec2Reply(action: string, requestId: string, value: Parameters<typeof xmlDocument>[2]): Reply {
  return {
    status: 200,
    headers: XML,
    body: xmlDocument(`${action}Response`, 'http://ec2.amazonaws.com/doc/2016-11-15/', { requestId, ...value }),
  };
}

const QUERY_NAMESPACES = {
  autoscaling: 'http://autoscaling.amazonaws.com/doc/2011-01-01/',
  cloudformation: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
} as const;

/** The query protocol wraps its result and adds the request's metadata. */
export function queryReply(
  service: keyof typeof QUERY_NAMESPACES,
  action: string,
  requestId: string,
  value: Parameters<typeof xmlDocument>[2],
): Reply {
  return {
    status: 200,
    headers: XML,
    body: xmlDocument(`${action}Response`, QUERY_NAMESPACES[service], {
      [`${action}Result`]: value,
      ResponseMetadata: { RequestId: requestId },
    }),
  };
}

/** A call of the query protocol that has no result. */
export function emptyQueryReply(service: 'cloudformation', action: string, requestId: string): Reply {
  return {
    status: 200,
    headers: XML,
    body: xmlDocument(`${action}Response`, `http://${service}.amazonaws.com/doc/2010-05-15/`, {
      ResponseMetadata: { RequestId: requestId },
    }),
  };
}
