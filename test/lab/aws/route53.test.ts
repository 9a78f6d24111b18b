import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
  type Change,
  type ChangeAction,
  type RRType,
} from '@aws-sdk/client-route-53';
import { TokenBucket } from '../../../lab/aws/route53/rate';
import type { HostedZone } from '../../../lab/aws/route53/zone';
import { TestRegion } from './support/test-region';
import { until } from './support/until';

const change = (Action: ChangeAction, Name: string, Type: RRType, TTL: number, ...values: string[]): Change => ({
  Action,
  ResourceRecordSet: { Name, Type, TTL, ResourceRecords: values.map((Value) => ({ Value })) },
});

describe('Route 53', () => {
  let region: TestRegion;
  let route53: Route53Client;
  let zone: HostedZone;

  beforeEach(async () => {
    region = await new TestRegion().start();
    route53 = new Route53Client(region.client(undefined, 'us-east-1'));
    zone = region.zones.create('db.internal');
  });
  afterEach(async () => {
    route53.destroy();
    await region.close();
  });

  const send = (...Changes: Change[]) =>
    route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId: zone.zoneId, ChangeBatch: { Changes } }));
  const listed = async () => {
    const { ResourceRecordSets } = await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId: zone.zoneId }));
    return (ResourceRecordSets ?? [])
      .filter(({ Type }) => Type === 'A' || Type === 'TXT')
      .map(({ Name, TTL, ResourceRecords }) => [Name, TTL, ...(ResourceRecords ?? []).map(({ Value }) => Value)]);
  };
  const flip = (from: string, to: string, address: string) =>
    send(
      change('DELETE', '_guard.db.internal', 'TXT', 1, `"${from}"`),
      change('CREATE', '_guard.db.internal', 'TXT', 1, `"${to}"`),
      change('UPSERT', 'writer.db.internal', 'A', 1, address),
    );

  test('a guarded batch flips the record once; a stale one is refused whole', async () => {
    await send(change('CREATE', '_guard.db.internal', 'TXT', 1, '"1"'));
    await flip('1', '2', '10.0.0.2');
    await expect(flip('1', '2', '10.0.0.9')).rejects.toMatchObject({ name: 'InvalidChangeBatch' });
    expect(await listed()).toEqual([
      ['_guard.db.internal.', 1, '"2"'],
      ['writer.db.internal.', 1, '10.0.0.2'],
    ]);
  });

  test('of two flips at the same time exactly one wins', async () => {
    await send(change('CREATE', '_guard.db.internal', 'TXT', 1, '"1"'));
    const results = await Promise.allSettled([flip('1', '2', '10.0.0.2'), flip('1', '3', '10.0.0.3')]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test.each([
    ['another value', change('DELETE', 'x.db.internal', 'A', 5, '10.0.0.2')],
    ['another TTL', change('DELETE', 'x.db.internal', 'A', 6, '10.0.0.1')],
    ['more values', change('DELETE', 'x.db.internal', 'A', 5, '10.0.0.1', '10.0.0.2')],
  ])('DELETE with %s is refused', async (_, stale) => {
    await send(change('CREATE', 'x.db.internal', 'A', 5, '10.0.0.1'));
    await expect(send(stale)).rejects.toThrow(
      "[Tried to delete resource record set [name='x.db.internal.', type='A'] but the values provided do not match the current values]",
    );
  });

  test('DELETE of what is not there and CREATE of what is there are refused', async () => {
    await send(change('CREATE', 'x.db.internal', 'A', 5, '10.0.0.1'));
    await expect(send(change('DELETE', 'y.db.internal', 'A', 5, '10.0.0.1'))).rejects.toThrow('but it was not found');
    await expect(send(change('CREATE', 'x.db.internal', 'A', 5, '10.0.0.1'))).rejects.toThrow('but it already exists');
  });

  test('values compare as a set, names without regard to case', async () => {
    await send(change('CREATE', 'X.db.internal.', 'A', 5, '10.0.0.1', '10.0.0.2'));
    await send(change('DELETE', 'x.DB.internal', 'A', 5, '10.0.0.2', '10.0.0.1'));
    expect(await listed()).toEqual([]);
  });

  test.each([
    ['a name outside the zone', change('UPSERT', 'x.other.internal', 'A', 1, '10.0.0.1'), 'not permitted in zone'],
    ['no IPv4 address', change('UPSERT', 'x.db.internal', 'A', 1, '10.0.0.256'), 'ARRDATAIllegalIPv4Address'],
    ['a text without quotes', change('UPSERT', 'x.db.internal', 'TXT', 1, '7'), 'quotation marks'],
    ['the same value twice', change('UPSERT', 'x.db.internal', 'A', 1, '10.0.0.1', '10.0.0.1'), 'Duplicate'],
    ['no SOA', change('DELETE', 'db.internal', 'SOA', 900, 'x'), 'do not match'],
  ])('a batch with %s is refused', async (_, bad, message) => {
    await expect(send(change('UPSERT', 'fine.db.internal', 'A', 1, '10.0.0.1'), bad)).rejects.toThrow(message);
    expect(await listed()).toEqual([]);
  });

  describe('a change', () => {
    const addX = async (of: TestRegion, client: Route53Client, zoneId: string) => {
      const Changes = [change('CREATE', 'x.db.internal', 'A', 1, '10.0.0.1')];
      const command = new ChangeResourceRecordSetsCommand({ HostedZoneId: zoneId, ChangeBatch: { Changes } });
      const { ChangeInfo } = await client.send(command);
      const isAnswered = () => of.host.zoneContents.get('db.internal')?.some(({ name }) => name === 'x.db.internal');
      return { id: ChangeInfo?.Id, isAnswered };
    };

    test('is pending, and unknown to the resolvers, while it propagates', async () => {
      const slow = await new TestRegion({ dnsPropagationMs: 3600_000 }).start();
      const client = new Route53Client(slow.client(undefined, 'us-east-1'));
      const { id, isAnswered } = await addX(slow, client, slow.zones.create('db.internal').zoneId);
      const { ChangeInfo } = await client.send(new GetChangeCommand({ Id: id }));
      expect([ChangeInfo?.Status, isAnswered()]).toEqual(['PENDING', false]);
      client.destroy();
      await slow.close();
    });

    test('is INSYNC when the resolvers answer with it', async () => {
      const { id, isAnswered } = await addX(region, route53, zone.zoneId);
      await until(async () => {
        const { ChangeInfo } = await route53.send(new GetChangeCommand({ Id: id }));
        return ChangeInfo?.Status === 'INSYNC';
      });
      expect(isAnswered()).toBe(true);
    });
  });

  test('lists from a name on, in pages', async () => {
    for (const name of ['c', 'a', 'b']) await send(change('CREATE', `${name}.db.internal`, 'A', 1, '10.0.0.1'));
    const first = await route53.send(
      new ListResourceRecordSetsCommand({
        HostedZoneId: zone.zoneId,
        StartRecordName: 'a.db.internal',
        StartRecordType: 'A',
        MaxItems: 2,
      }),
    );
    expect(first.ResourceRecordSets?.map(({ Name }) => Name)).toEqual(['a.db.internal.', 'b.db.internal.']);
    expect(first).toMatchObject({ IsTruncated: true, NextRecordName: 'c.db.internal.' });
  });

  test('calls beyond the account rate are throttled', async () => {
    const limited = await new TestRegion().start(new TokenBucket(0, 2));
    const client = new Route53Client(limited.client(undefined, 'us-east-1'));
    const { zoneId } = limited.zones.create('limited.internal');
    const get = () => client.send(new GetHostedZoneCommand({ Id: zoneId }));
    try {
      await get();
      await get();
      await expect(get()).rejects.toMatchObject({ name: 'Throttling', message: 'Rate exceeded' });
    } finally {
      client.destroy();
      await limited.close();
    }
  });

  test('an unknown zone is an error', async () => {
    await expect(route53.send(new GetHostedZoneCommand({ Id: 'ZNONE' }))).rejects.toMatchObject({
      name: 'NoSuchHostedZone',
    });
  });
});
