import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ENDPOINT } from '../../../core/names';
import type { HostedZone } from '../../../lab/aws/route53/zone';
import { nextEndpointStep, type ZoneState } from '../../../coordinator/endpoint-change';
import { EndpointKeeper } from '../../../coordinator/endpoint-keeper';
import { Route53Zone } from '../../../coordinator/adapters/route53';
import { systemClock } from '../../../coordinator/clock';
import { TestRegion } from '../../lab/aws/support/test-region';
import { eventually } from '../../agent/support/eventually';
import { recordedLog } from '../support/recorded-log';

const record = (...values: string[]) => ({ values, ttlSeconds: 1 });
const plan = (guardVersion: number, writerAddress: string) => ({
  guardVersion,
  writerAddress,
  readerAddresses: [writerAddress],
});

/** What the health checker's role allows in the template, and no more. */
const STATEMENTS = [
  {
    Effect: 'Allow',
    Action: 'route53:ChangeResourceRecordSets',
    Resource: '*',
    Condition: {
      'ForAllValues:StringEquals': {
        'route53:ChangeResourceRecordSetsNormalizedRecordNames': [
          'writer.db.internal',
          'reader.db.internal',
          '_holdfast-writer.db.internal',
        ],
      },
    },
  },
  { Effect: 'Allow', Action: 'route53:ListResourceRecordSets', Resource: '*' },
];

let region: TestRegion;
let hosted: HostedZone;
let zones: Route53Zone[];

beforeEach(async () => {
  region = await new TestRegion().start();
  hosted = region.zones.create('db.internal');
  zones = [];
  // As CloudFormation leaves them.
  const placeholder = { type: 'A', ttlSeconds: 1, values: ['192.0.2.1'] } as const;
  hosted.apply(
    [ENDPOINT.writer, ENDPOINT.reader, 'a', 'b'].map((name) => ({
      action: 'CREATE' as const,
      record: { name: `${name}.db.internal.`, ...placeholder },
    })),
  );
});
afterEach(async () => {
  for (const zone of zones) zone.close();
  await region.close();
});

function openZone(): Route53Zone {
  const keys = region.keysOfRole('health-checker', STATEMENTS);
  const zone = new Route53Zone({
    hostedZoneId: hosted.zoneId,
    zoneName: 'db.internal',
    client: region.client(keys, 'us-east-1'),
  });
  zones.push(zone);
  return zone;
}

async function move(zone: Route53Zone, seen: ZoneState, version: number, address: string): Promise<void> {
  const step = nextEndpointStep(seen, plan(version, address));
  if (step.kind !== 'change') throw new Error(`The step is ${step.kind}.`);
  await zone.change(step.changes);
}

describe('the zone in Route 53', () => {
  it('is read as it was written', async () => {
    const zone = openZone();
    expect(await zone.read()).toEqual({ guard: undefined, writer: record('192.0.2.1'), reader: record('192.0.2.1') });
    await move(zone, await zone.read(), 4, '10.0.0.10');
    expect(await zone.read()).toEqual({
      guard: record('"4"'),
      writer: record('10.0.0.10'),
      reader: record('10.0.0.10'),
    });
  });

  it('is read over as many pages as it takes', async () => {
    hosted.apply(
      Array.from({ length: 700 }, (_, number) => ({
        action: 'CREATE' as const,
        record: { name: `n${number}.db.internal.`, type: 'A', ttlSeconds: 60, values: ['10.1.1.1'] },
      })),
    );
    expect((await openZone().read()).writer).toEqual(record('192.0.2.1'));
  });

  it('refuses a stale batch whole', async () => {
    const [one, other] = [openZone(), openZone()];
    await move(one, await one.read(), 4, '10.0.0.10');
    const stale = await other.read();
    await move(one, await one.read(), 7, '10.0.1.10');
    await expect(move(other, stale, 5, '10.0.2.10')).rejects.toThrow();
    expect(await other.read()).toEqual({
      guard: record('"7"'),
      writer: record('10.0.1.10'),
      reader: record('10.0.1.10'),
    });
  });

  it('takes one of two first batches', async () => {
    const [one, other] = [openZone(), openZone()];
    const [seenByOne, seenByOther] = [await one.read(), await other.read()];
    await move(one, seenByOne, 4, '10.0.0.10');
    await expect(move(other, seenByOther, 3, '10.0.2.10')).rejects.toThrow();
    expect((await one.read()).writer).toEqual(record('10.0.0.10'));
  });

  it('lets a guard be confirmed by replacing it with itself', async () => {
    const zone = openZone();
    await move(zone, await zone.read(), 4, '10.0.0.10');
    const seen = await zone.read();
    const step = nextEndpointStep(seen, { ...plan(4, '10.0.0.10'), readerAddresses: ['10.0.2.10', '10.0.1.10'] });
    if (step.kind !== 'change') throw new Error(`The step is ${step.kind}.`);
    await zone.change(step.changes);
    expect(await zone.read()).toEqual({ ...seen, reader: record('10.0.1.10', '10.0.2.10') });
  });

  it('is moved although a reply is lost on the way', async () => {
    const inPlace: number[] = [];
    const recorded = recordedLog();
    const keeper = new EndpointKeeper({
      zone: openZone(),
      clock: systemClock,
      log: recorded.log,
      onWriterInPlace: (version) => inPlace.push(version),
    });
    keeper.keep(plan(4, '10.0.0.10'));
    await eventually('the writer is in place', () => inPlace.includes(4));
    region.faults.set('route53', { kind: 'reply-lost', fraction: 1 });
    keeper.keep(plan(7, '10.0.1.10'));
    await eventually('the failure is told', () => recorded.codes().includes('endpoint-unsettled'));
    region.faults.set('route53', undefined);
    await eventually('the writer is in place', () => inPlace.includes(7));
    await keeper.stop();
    expect(await openZone().read()).toMatchObject({ guard: record('"7"'), writer: record('10.0.1.10') });
  });

  it('is left alone by a keeper that was overtaken while Route 53 was out', async () => {
    const recorded = recordedLog();
    const zone = openZone();
    const keeper = new EndpointKeeper({
      zone,
      clock: systemClock,
      log: recorded.log,
      onWriterInPlace: () => undefined,
    });
    await move(zone, await zone.read(), 4, '10.0.0.10');
    region.faults.set('route53', { kind: 'error', status: 503, code: 'ServiceUnavailable' });
    keeper.keep(plan(5, '10.0.2.10'));
    await eventually('the failure is told', () => recorded.codes().includes('endpoint-unsettled'));
    const guard = { name: '_holdfast-writer.db.internal.', type: 'TXT', ttlSeconds: 1 } as const;
    const writer = { name: 'writer.db.internal.', type: 'A', ttlSeconds: 1, values: ['10.0.1.10'] } as const;
    hosted.apply([
      { action: 'UPSERT', record: { ...guard, values: ['"7"'] } },
      { action: 'UPSERT', record: writer },
    ]);
    region.faults.set('route53', undefined);
    await eventually('the keeper sees that it was overtaken', () => recorded.codes().includes('endpoint-overtaken'));
    await keeper.stop();
    expect(await zone.read()).toMatchObject({ guard: record('"7"'), writer: record('10.0.1.10') });
  });
});
