import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { TABLE, TAG } from '../core/names';
import type { Credentials } from './credentials';
import type { Endpoints } from './endpoints';
import type { RegisterTable } from './register-table';
import type { BundleLocation } from './user-data';

export interface NodeRoleProps {
  readonly clusterName: string;
  readonly slot: string;
  readonly volumeId: string;
  /** Whether the node makes its own volume larger. */
  readonly growsVolume: boolean;
  readonly bundle: BundleLocation;
  readonly register: RegisterTable;
  readonly endpoints: Endpoints;
  readonly credentials: Credentials;
  readonly settingsParameterArn: string;
  readonly logGroup: ILogGroup;
}

/**
 * What one slot's node may do. A role per slot: a node that is broken into can't pledge for the others, and gets no
 * other's volume. What the coordinator's role needs is the whole cluster's (docs/decisions/0071).
 *
 * The slot's group is named by its tags, never by reference: group → launch template → instance profile → role →
 * policy → group would be a circle.
 */
export function nodeRole(scope: Construct, id: string, props: NodeRoleProps): Role {
  const stack = Stack.of(scope);
  const { slot } = props;
  const arn = (service: string, resource: string) =>
    stack.formatArn({ service, resource: resource, region: stack.region });
  const role = new Role(scope, id, {
    assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
    description: `Holdfast: node of slot ${slot}`,
  });
  const allow = (actions: string[], resources: string[], conditions?: Record<string, Record<string, string>>) =>
    role.addToPolicy(new PolicyStatement({ actions, resources, ...(conditions && { conditions }) }));

  allow(['s3:GetObject'], [`arn:${stack.partition}:s3:::${props.bundle.bucketName}/${props.bundle.objectKey}`]);

  // These calls know no resources.
  allow(
    [
      'ec2:DescribeVolumes',
      // Whether the one that has the volume still runs: the status page tells what is waited for.
      'ec2:DescribeInstances',
      'autoscaling:DescribeAutoScalingGroups',
      'autoscaling:DescribeAutoScalingInstances',
      'autoscaling:DescribeLifecycleHooks',
    ],
    ['*'],
  );
  const ownTags = (prefix: string) => ({
    StringEquals: {
      [`${prefix}:ResourceTag/${TAG.cluster}`]: props.clusterName,
      [`${prefix}:ResourceTag/${TAG.slot}`]: slot,
    },
  });
  // AWS asks for both: may this volume be attached, and may this instance get one.
  allow(['ec2:AttachVolume'], [arn('ec2', `volume/${props.volumeId}`), arn('ec2', 'instance/*')], ownTags('ec2'));
  if (props.growsVolume) allow(['ec2:ModifyVolume'], [arn('ec2', `volume/${props.volumeId}`)], ownTags('ec2'));
  allow(
    ['autoscaling:RecordLifecycleActionHeartbeat'],
    [arn('autoscaling', 'autoScalingGroup:*:autoScalingGroupName/*')],
    ownTags('autoscaling'),
  );

  // "This node is ready", while CloudFormation replaces nodes.
  allow(['cloudformation:SignalResource'], [stack.stackId]);

  props.register.grantRead(role);
  props.register.grantWrite(role, [
    `${TABLE.nodePartitionPrefix}${slot}`,
    TABLE.clusterPartition,
    TABLE.coordinatorPartition,
  ]);
  props.endpoints.grantPublishSlot(role, slot);

  // While the health checker is silent a node's agent coordinates: it moves the endpoints, and lets go of dead hosts.
  props.endpoints.grantMoveEndpoints(role);
  allow(['autoscaling:CompleteLifecycleAction'], [arn('autoscaling', 'autoScalingGroup:*:autoScalingGroupName/*')], {
    StringEquals: { [`autoscaling:ResourceTag/${TAG.cluster}`]: props.clusterName },
  });

  const { master, monitor, caKey, caCertificate } = props.credentials;
  allow(['ssm:GetParameter'], [props.settingsParameterArn, caCertificate.parameterArn]);
  allow(['ssm:PutParameter'], [caCertificate.parameterArn]);
  allow(['secretsmanager:GetSecretValue'], [master.secretArn, monitor.secretArn, caKey.secretArn]);
  allow(['secretsmanager:PutSecretValue'], [caKey.secretArn]);
  // Only what it says itself: its streams are named after its slot.
  allow(
    ['logs:CreateLogStream', 'logs:PutLogEvents'],
    [
      stack.formatArn({
        ...{ service: 'logs', resource: 'log-group', arnFormat: ArnFormat.COLON_RESOURCE_NAME },
        resourceName: `${props.logGroup.logGroupName}:log-stream:${slot}/*`,
      }),
    ],
  );
  return role;
}
