import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { ARecord, PrivateHostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import { ALL_SLOT_NAMES } from './slot-names';
import { ENDPOINT, ENDPOINT_TTL_SECONDS } from '../core/names';

/** An address of the block for documentation (RFC 5737): routed nowhere. */
const PLACEHOLDER_ADDRESS = '192.0.2.1';

export interface EndpointsProps {
  readonly vpc: IVpc;
  readonly zoneName: string;
}

/**
 * The private zone and the names in it.
 *
 * Every name exists before the first node does, with a placeholder: a resolver would remember "no such name" for the
 * zone's negative TTL, five minutes, and CloudFormation can't lower that (the SOA record is there already, so it can't
 * create it). Agents and health checker overwrite the values at run time. So nothing about these records may change
 * from one version of Holdfast to the next: CloudFormation would put the placeholder back.
 *
 * Zone and records are retained: a zone with records in it can't be deleted, and a rollback would fail on it.
 */
export class Endpoints extends Construct {
  public readonly zoneName: string;
  public readonly hostedZoneId: string;
  public readonly writer: string;
  public readonly reader: string;
  private readonly zone: PrivateHostedZone;
  private readonly slotRecords = new Map<string, ARecord>();

  public constructor(scope: Construct, id: string, props: EndpointsProps) {
    super(scope, id);
    this.zoneName = props.zoneName;
    this.zone = new PrivateHostedZone(this, 'Zone', { vpc: props.vpc, zoneName: props.zoneName });
    this.zone.applyRemovalPolicy(RemovalPolicy.RETAIN);
    this.hostedZoneId = this.zone.hostedZoneId;
    this.writer = this.addPlaceholder('Writer', ENDPOINT.writer).name;
    this.reader = this.addPlaceholder('Reader', ENDPOINT.reader).name;
    // Also those of slots that are not there: a record is kept when its slot is taken away, and CloudFormation could not make
    // it again when the slot comes back.
    for (const slot of ALL_SLOT_NAMES) {
      this.slotRecords.set(slot, this.addPlaceholder(`Slot${slot.toUpperCase()}`, slot).record);
    }
  }

  /** The name of one slot's node. */
  public slotName(slot: string): string {
    return `${slot}.${this.zoneName}`;
  }

  /** The record that a slot's group has to wait for: its agent overwrites it. */
  public slotRecord(slot: string): ARecord {
    const record = this.slotRecords.get(slot);
    if (record === undefined) {
      throw new Error(`There is no slot ${slot}.`);
    }
    return record;
  }

  /** May publish the slot's own address, and nothing else. */
  public grantPublishSlot(grantee: IGrantable, slot: string): void {
    this.grantChange(grantee, [this.slotName(slot)], ['A'], ['UPSERT']);
  }

  /** May move the writer, its guard and the reader; reads the zone to see whether they are right. */
  public grantMoveEndpoints(grantee: IGrantable): void {
    const names = [ENDPOINT.writer, ENDPOINT.reader, ENDPOINT.writerGuard].map((name) => `${name}.${this.zoneName}`);
    this.grantChange(grantee, names, ['A', 'TXT'], ['CREATE', 'DELETE', 'UPSERT']);
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['route53:ListResourceRecordSets'], resources: [this.zone.hostedZoneArn] }),
    );
  }

  private grantChange(
    grantee: IGrantable,
    names: readonly string[],
    types: readonly string[],
    actions: readonly string[],
  ): void {
    const keys = {
      'route53:ChangeResourceRecordSetsNormalizedRecordNames': names,
      'route53:ChangeResourceRecordSetsRecordTypes': types,
      'route53:ChangeResourceRecordSetsActions': actions,
    };
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['route53:ChangeResourceRecordSets'],
        resources: [this.zone.hostedZoneArn],
        conditions: {
          'ForAllValues:StringEquals': keys,
          // ForAllValues is also true for a request without the key.
          Null: Object.fromEntries(Object.keys(keys).map((key) => [key, 'false'])),
        },
      }),
    );
  }

  private addPlaceholder(id: string, recordName: string): { readonly record: ARecord; readonly name: string } {
    const record = new ARecord(this, id, {
      zone: this.zone,
      recordName,
      target: RecordTarget.fromIpAddresses(PLACEHOLDER_ADDRESS),
      ttl: Duration.seconds(ENDPOINT_TTL_SECONDS),
    });
    record.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return { record, name: `${recordName}.${this.zoneName}` };
  }
}
