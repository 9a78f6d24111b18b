import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { TABLE } from '../core/names';
import type { RegisterTable } from './register-table';

/** What `holdfast` works on. */
export interface OperatedCluster {
  readonly register: RegisterTable;
  readonly logGroups: readonly ILogGroup[];
}

/** Exactly what the command line calls. A permission that it lacks is named by its error, together with this grant. */
export function grantOperator(grantee: IGrantable, { register, logGroups }: OperatedCluster): void {
  const allow = (actions: string[], resources: string[]) =>
    grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions, resources }));
  // Finds the cluster by the outputs of its stack; without a stack's name, by looking at all of a region.
  allow(['cloudformation:DescribeStacks', 'cloudformation:ListStacks'], ['*']);
  register.grantRead(grantee);
  // The record, and what operators did. Not the nodes' pledges, and not the coordinators' beat.
  register.grantPut(grantee, [TABLE.clusterPartition]);
  allow(
    ['logs:FilterLogEvents'],
    logGroups.map(({ logGroupArn }) => logGroupArn),
  );
}
