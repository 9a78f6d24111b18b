import { PARTITION } from '../account';
import { AwsError, NotEmulatedError } from '../gateway/aws-error';
import type { Call, PreparedCall, Reply, Service } from '../gateway/call';
import type { RequestContext } from '../iam/demand';
import { XmlList, xmlDocument, type XmlObject } from '../wire/xml';
import { TokenBucket } from './rate';
import { compareRecords, normalizeName, type RecordSet } from './record';
import { parseChanges, parseType } from './request';
import type { ChangeInfo, ZoneStore } from './store';
import type { Change, HostedZone } from './zone';

const NAMESPACE = 'https://route53.amazonaws.com/doc/2013-04-01/';
const PAGE = 300;

/**
 * Route 53's REST-XML API for private zones, as far as Holdfast calls it. Spec: the Route 53 API reference (2013-04-01).
 * Strict: a batch is all or nothing, DELETE must match exactly, CREATE of what exists is refused, calls beyond the
 * account's rate are throttled. Not modelled: aliases and routing policies (refused), PriorRequestNotComplete.
 */
export class Route53Service implements Service {
  readonly name = 'route53';

  constructor(
    private readonly zones: ZoneStore,
    private readonly rate = new TokenBucket(10, 50),
  ) {}

  prepare(call: Call): PreparedCall {
    if (!this.rate.take()) throw new AwsError('Throttling', 'Rate exceeded');
    const [, , collection = '', id = '', sub = ''] = call.path.split('/');
    const route = `${call.method} ${collection}${sub === '' ? '' : `/${sub}`}`;
    switch (route) {
      case 'POST hostedzone/rrset':
        return this.changeRecords(call, id);
      case 'GET hostedzone/rrset':
        return this.read('ListResourceRecordSets', `hostedzone/${id}`, () => this.listRecords(call, id));
      case 'GET change':
        return this.read('GetChange', `change/${id}`, () =>
          reply('GetChangeResponse', { ChangeInfo: changeView(this.zones.getChange(id)) }),
        );
      case 'GET hostedzone':
        return this.read('GetHostedZone', `hostedzone/${id}`, () =>
          reply('GetHostedZoneResponse', { HostedZone: zoneView(this.zones.get(id)) }),
        );
      default:
        throw new NotEmulatedError(`the Route 53 request ${call.method} ${call.path}`);
    }
  }

  private read(operation: string, resource: string, run: () => Reply): PreparedCall {
    const action = `route53:${operation}`;
    const demand = { action, resource: `arn:${PARTITION}:route53:::${resource}`, context: {} };
    return { action, demands: [demand], run: () => Promise.resolve().then(run) };
  }

  private changeRecords(call: Call, zoneId: string): PreparedCall {
    const changes = parseChanges(call.body.toString('utf8'));
    const action = 'route53:ChangeResourceRecordSets';
    return {
      action,
      demands: [
        { action, resource: `arn:${PARTITION}:route53:::hostedzone/${zoneId}`, context: changeContext(changes) },
      ],
      run: () =>
        Promise.resolve().then(() =>
          reply('ChangeResourceRecordSetsResponse', { ChangeInfo: changeView(this.zones.change(zoneId, changes)) }),
        ),
    };
  }

  private listRecords(call: Call, zoneId: string): Reply {
    const all = this.zones.get(zoneId).list();
    const startName = call.query.get('name');
    const startType = call.query.get('type');
    const limit = Math.min(PAGE, Number(call.query.get('maxitems') ?? PAGE));
    const first =
      startName === null
        ? 0
        : all.findIndex((record) => {
            const type = startType === null ? ('' as RecordSet['type']) : parseType(startType);
            return compareRecords(record, { name: normalizeName(startName), type }) >= 0;
          });
    const rest = first === -1 ? [] : all.slice(first);
    const next = rest[limit];
    return reply('ListResourceRecordSetsResponse', {
      ResourceRecordSets: new XmlList('ResourceRecordSet', rest.slice(0, limit).map(recordView)),
      IsTruncated: next !== undefined,
      NextRecordName: next?.name,
      NextRecordType: next?.type,
      MaxItems: limit,
    });
  }
}

/** Source: "Using IAM policy conditions for fine-grained access control" in the Route 53 guide. */
function changeContext(changes: readonly Change[]): RequestContext {
  const distinct = (values: readonly string[]) => [...new Set(values)];
  return {
    'route53:ChangeResourceRecordSetsNormalizedRecordNames': distinct(
      changes.map(({ record }) => record.name.replace(/\.$/, '')),
    ),
    'route53:ChangeResourceRecordSetsRecordTypes': distinct(changes.map(({ record }) => record.type)),
    'route53:ChangeResourceRecordSetsActions': distinct(changes.map(({ action }) => action)),
  };
}

function reply(root: string, value: XmlObject): Reply {
  return { status: 200, headers: { 'content-type': 'text/xml' }, body: xmlDocument(root, NAMESPACE, value) };
}

function changeView(info: ChangeInfo): XmlObject {
  return { Id: `/change/${info.changeId}`, Status: info.status, SubmittedAt: info.submittedAt };
}

function recordView(record: RecordSet): XmlObject {
  return {
    Name: record.name,
    Type: record.type,
    TTL: record.ttlSeconds,
    ResourceRecords: new XmlList(
      'ResourceRecord',
      record.values.map((value) => ({ Value: value })),
    ),
  };
}

function zoneView(zone: HostedZone): XmlObject {
  return {
    Id: `/hostedzone/${zone.zoneId}`,
    Name: zone.name,
    CallerReference: zone.zoneId,
    Config: { PrivateZone: true },
    ResourceRecordSetCount: zone.list().length,
  };
}
