import type { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { TABLE } from '../core/names';

export interface RegisterTableProps {
  /** Refuse to delete the table, by whomever. */
  readonly deletionProtection: boolean;
  /** RETAIN as plain RETAIN: "retain except on create" with deletion protection makes a rollback fail. */
  readonly removalPolicy: RemovalPolicy;
}

/**
 * The register: the cluster's only authority. Losing it while the volumes live loses no data, but nobody may act until
 * an operator restores it; hence deletion protection and point-in-time recovery.
 */
export class RegisterTable extends Construct {
  public readonly tableName: string;
  private readonly table: Table;

  public constructor(scope: Construct, id: string, props: RegisterTableProps) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      partitionKey: { name: TABLE.partitionKey, type: AttributeType.STRING },
      sortKey: { name: TABLE.sortKey, type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      deletionProtection: props.deletionProtection,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: props.removalPolicy,
    });
    this.tableName = this.table.tableName;
  }

  /** Strong reads of everything; no Scan. */
  public grantRead(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['dynamodb:GetItem', 'dynamodb:Query'], resources: [this.table.tableArn] }),
    );
  }

  /**
   * Conditional writes to some partitions only. `ForAllValues` is also true for a request without the key, hence `Null`.
   */
  public grantWrite(grantee: IGrantable, partitions: readonly string[]): void {
    this.grantTo(grantee, ['dynamodb:PutItem', 'dynamodb:UpdateItem'], partitions);
  }

  /** The same for those who only put whole items. */
  public grantPut(grantee: IGrantable, partitions: readonly string[]): void {
    this.grantTo(grantee, ['dynamodb:PutItem'], partitions);
  }

  private grantTo(grantee: IGrantable, actions: string[], partitions: readonly string[]): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions,
        resources: [this.table.tableArn],
        conditions: {
          'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': partitions },
          Null: { 'dynamodb:LeadingKeys': 'false' },
        },
      }),
    );
  }
}
