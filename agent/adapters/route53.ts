import { ChangeResourceRecordSetsCommand, Route53Client } from '@aws-sdk/client-route-53';
import type { NameApi } from '../dns-name';
import { calling, type ClientSettings } from './aws';

/** The cluster's private zone. A node's role allows it one name. */
export class PrivateZone implements NameApi {
  private readonly client: Route53Client;

  constructor(
    settings: ClientSettings,
    private readonly hostedZoneId: string,
  ) {
    this.client = new Route53Client(settings);
  }

  async upsertAddress(name: string, address: string, ttlSeconds: number): Promise<void> {
    await calling('ChangeResourceRecordSets', () =>
      this.client.send(
        new ChangeResourceRecordSetsCommand({
          HostedZoneId: this.hostedZoneId,
          ChangeBatch: {
            Changes: [
              {
                Action: 'UPSERT',
                ResourceRecordSet: {
                  Name: name,
                  Type: 'A',
                  TTL: ttlSeconds,
                  ResourceRecords: [{ Value: address }],
                },
              },
            ],
          },
        }),
      ),
    );
  }
}
