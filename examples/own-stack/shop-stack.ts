import { Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
// In a project of your own: from 'holdfast'
import { PostgresCluster } from '../../lib';

/** A shop with a database that survives the loss of a zone. */
export class ShopStack extends Stack {
  public constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);

    // Named zones: a stack without an account knows two only.
    const vpc = new Vpc(this, 'Vpc', { availabilityZones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'] });
    const db = new PostgresCluster(this, 'Db', { vpc });

    // What runs the shop gets this role, and db.clientSecurityGroup as one of its security groups.
    const shop = new Role(this, 'ShopRole', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
    db.grantConnect(shop);
  }
}
