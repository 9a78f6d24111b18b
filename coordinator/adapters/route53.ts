import {
  ChangeResourceRecordSetsCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  Route53Client,
  type Route53ClientConfig,
} from '@aws-sdk/client-route-53';
import { ENDPOINT } from '../../core/names';
import type { EndpointChange, RecordValues, Zone, ZoneState } from '../endpoint-change';

export interface Route53ZoneOptions {
  readonly hostedZoneId: string;
  readonly zoneName: string;
  readonly client?: Route53ClientConfig;
}

/** The private hosted zone in Route 53. One attempt a call: who retries first looks what became of the last one. */
export class Route53Zone implements Zone {
  private readonly client: Route53Client;

  constructor(private readonly options: Route53ZoneOptions) {
    this.client = new Route53Client({
      maxAttempts: 1,
      requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
      ...options.client,
    });
  }

  async read(): Promise<ZoneState> {
    const records = await this.records();
    return {
      guard: this.find(records, ENDPOINT.writerGuard, 'TXT'),
      writer: this.find(records, ENDPOINT.writer, 'A'),
      reader: this.find(records, ENDPOINT.reader, 'A'),
    };
  }

  async change(changes: readonly EndpointChange[]): Promise<void> {
    await this.client.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: this.options.hostedZoneId,
        ChangeBatch: {
          Changes: changes.map(({ action, name, type, record }) => ({
            Action: action,
            ResourceRecordSet: {
              Name: this.nameOf(name),
              Type: type,
              TTL: record.ttlSeconds,
              ResourceRecords: record.values.map((value) => ({ Value: value })),
            },
          })),
        },
      }),
    );
  }

  close(): void {
    this.client.destroy();
  }

  private async records(): Promise<readonly ResourceRecordSet[]> {
    const all: ResourceRecordSet[] = [];
    for (let start: { name: string; type: ResourceRecordSet['Type'] } | undefined; ;) {
      const page = await this.client.send(
        new ListResourceRecordSetsCommand({
          HostedZoneId: this.options.hostedZoneId,
          ...(start === undefined ? {} : { StartRecordName: start.name, StartRecordType: start.type }),
        }),
      );
      all.push(...(page.ResourceRecordSets ?? []));
      if (page.IsTruncated !== true || page.NextRecordName === undefined) return all;
      start = { name: page.NextRecordName, type: page.NextRecordType };
    }
  }

  private find(records: readonly ResourceRecordSet[], name: string, type: 'A' | 'TXT'): RecordValues | undefined {
    const found = records.find((record) => record.Name === this.nameOf(name) && record.Type === type);
    if (found === undefined) return undefined;
    return {
      values: (found.ResourceRecords ?? []).flatMap(({ Value }) => (Value === undefined ? [] : [Value])),
      ttlSeconds: found.TTL ?? 0,
    };
  }

  /** Fully qualified, as Route 53 lists it. */
  private nameOf(name: string): string {
    return `${name}.${this.options.zoneName}.`;
  }
}
