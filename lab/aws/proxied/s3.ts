import { PARTITION } from '../account';
import { NotEmulatedError } from '../gateway/aws-error';
import type { Call, Service } from '../gateway/call';
import { destinationOf } from '../gateway/destination';
import type { MotoProxy } from '../moto/proxy';

/** The action of a plain request on an object or on a bucket. Source: "Actions, resources, and condition keys for Amazon S3". */
const OBJECT_ACTIONS: Readonly<Record<string, string>> = {
  GET: 's3:GetObject',
  HEAD: 's3:GetObject',
  PUT: 's3:PutObject',
  DELETE: 's3:DeleteObject',
};
const BUCKET_ACTIONS: Readonly<Record<string, string>> = { GET: 's3:ListBucket', HEAD: 's3:ListBucket' };
/** Query parameters that do not make another operation of a request. */
const PLAIN_PARAMETERS = new Set([
  'x-id',
  'list-type',
  'prefix',
  'delimiter',
  'max-keys',
  'encoding-type',
  'partnumber',
]);

/** S3: moto answers, the lab decides who may. Path and virtual-hosted style. */
export class S3Service implements Service {
  readonly name = 's3';

  constructor(private readonly moto: MotoProxy) {}

  prepare(call: Call) {
    const virtualBucket = destinationOf(call.headers['host'])?.bucket;
    const path = virtualBucket === undefined ? call.path : `/${virtualBucket}${call.path}`;
    const [, bucket = '', ...rest] = path.split('/');
    const key = decodeURIComponent(rest.join('/'));
    const action = (key === '' ? BUCKET_ACTIONS : OBJECT_ACTIONS)[call.method];
    const special = [...call.query.keys()].filter((name) => !PLAIN_PARAMETERS.has(name.toLowerCase()));
    if (action === undefined || bucket === '' || special.length > 0) {
      throw new NotEmulatedError(`the S3 request ${call.method} ${path}?${call.query.toString()}`);
    }
    const resource = `arn:${PARTITION}:s3:::${bucket}${key === '' ? '' : `/${key}`}`;
    const prefix = call.query.get('prefix');
    const context: Record<string, string[]> = prefix === null ? {} : { 's3:prefix': [prefix] };
    return { action, demands: [{ action, resource, context }], run: () => this.moto.forward(call, path) };
  }
}
