/** What the host name of a request says: `dynamodb.eu-west-1.amazonaws.com`, `bucket.s3.eu-west-1.amazonaws.com`. */
export interface Destination {
  readonly service: string;
  /** Of a virtual-hosted S3 request. */
  readonly bucket?: string;
}

const SUFFIX = /(?:\.amazonaws\.com|\.api\.aws)$/;
const REGION_LABEL = /^(?:[a-z]{2}(?:-[a-z]+)+-\d|dualstack)$/;
/** Endpoint names that differ from the name in the signature's scope. */
const SIGNING_NAME: Readonly<Record<string, string>> = { ddb: 'dynamodb' };

/** Undefined when the host is no name of AWS (an address, in tests): the signature's scope alone decides then. */
export function destinationOf(hostHeader: string | undefined): Destination | undefined {
  const host = (hostHeader ?? '').toLowerCase().replace(/:\d+$/, '');
  if (!SUFFIX.test(host)) return undefined;
  const labels = host.replace(SUFFIX, '').split('.');
  while (labels.length > 1 && REGION_LABEL.test(labels.at(-1) ?? '')) labels.pop();
  const endpoint = labels.pop() ?? '';
  const service = SIGNING_NAME[endpoint] ?? endpoint;
  return service === 's3' && labels.length > 0 ? { service, bucket: labels.join('.') } : { service };
}
