import type { RemovalPolicy } from 'aws-cdk-lib';
import { Duration, Lazy, Stack, Tags, Validations } from 'aws-cdk-lib';
import type { CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { AutoScalingGroup, HealthChecks, UpdatePolicy } from 'aws-cdk-lib/aws-autoscaling';
import type { ISubnet, IVpc } from 'aws-cdk-lib/aws-ec2';
import {
  BlockDeviceVolume,
  EbsDeviceVolumeType,
  LaunchTemplate,
  LaunchTemplateHttpTokens,
  Volume,
} from 'aws-cdk-lib/aws-ec2';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { TAG } from '../core/names';
import type { Credentials } from './credentials';
import type { Endpoints } from './endpoints';
import type { Machine } from './machine-image';
import { nodeRole } from './node-role';
import type { RegisterTable } from './register-table';
import type { SecurityGroups } from './security-groups';
import type { Storage } from './storage';
import type { BundleLocation } from './user-data';
import { nodeUserData } from './user-data';

/** Debian's root device, and room for logs and core files; data is on the slot's own volume. */
const ROOT = { device: '/dev/xvda', sizeGiB: 16 } as const;

/** How long a rolling update waits for a new node's signal before it rolls back: as long as CloudFormation can. */
const SIGNAL_WITHIN = Duration.hours(1);

/** The hook also runs for a dead host, which nobody completes: short, and renewed by a living agent. */
const HOOK_HEARTBEAT = Duration.minutes(5);

/** What all slots of a cluster share. */
export interface SharedBySlots {
  readonly clusterName: string;
  readonly vpc: IVpc;
  readonly machine: Machine;
  readonly storage: Storage;
  readonly volumeRemovalPolicy: RemovalPolicy;
  readonly bundle: BundleLocation;
  readonly register: RegisterTable;
  readonly endpoints: Endpoints;
  readonly credentials: Credentials;
  readonly securityGroups: SecurityGroups;
  readonly settingsParameterName: string;
  readonly settingsParameterArn: string;
  /** Where the nodes' journals are copied to. */
  readonly logGroup: ILogGroup;
}

export interface NodeSlotProps extends SharedBySlots {
  readonly slot: string;
  /** The slot's zone is this subnet's. */
  readonly subnet: ISubnet;
}

/** A place for one data node: a zone, a group of exactly one instance, and a volume that outlives instances. */
export class NodeSlot extends Construct {
  public readonly group: AutoScalingGroup;
  public readonly volume: Volume;

  public constructor(scope: Construct, id: string, props: NodeSlotProps) {
    super(scope, id);
    this.volume = new Volume(this, 'Data', {
      availabilityZone: props.subnet.availabilityZone,
      volumeType: EbsDeviceVolumeType.GP3,
      encrypted: true,
      size: props.storage.size,
      iops: props.storage.iops,
      throughput: props.storage.throughput,
      removalPolicy: props.volumeRemovalPolicy,
    });
    Validations.of(this.volume).acknowledge({
      id: 'CloudFormation-Validate::W3010',
      reason:
        "A zone that is named is the subnet's, as an imported or looked-up VPC has it; the volume must be in that one.",
    });
    const role = nodeRole(this, 'Role', {
      ...props,
      volumeId: this.volume.volumeId,
      growsVolume: props.storage.maxGiB !== undefined,
    });
    const launchTemplate = this.launchTemplate(props, role);

    this.group = new AutoScalingGroup(this, 'Group', {
      vpc: props.vpc,
      vpcSubnets: { subnets: [props.subnet] },
      launchTemplate,
      minCapacity: 1,
      maxCapacity: 1,
      // Auto Scaling's own default is 0 seconds, in which a booting instance is replaced as unhealthy.
      healthChecks: HealthChecks.ec2({ gracePeriod: Duration.minutes(5) }),
      // The volume is in use until the old instance is gone: launching the new one first would wait for ever.
      // The new node signals when the register counts on it, and only then is the next group touched.
      updatePolicy: UpdatePolicy.rollingUpdate({
        minInstancesInService: 0,
        maxBatchSize: 1,
        waitOnResourceSignals: true,
        pauseTime: SIGNAL_WITHIN,
      }),
    });
    const resource = this.group.node.defaultChild as CfnAutoScalingGroup;
    // CDK warns of a desired capacity, since it resets what scaling did; here nothing may scale.
    resource.desiredCapacity = '1';
    // An instance refresh launches before it terminates, unless told otherwise: it would wait for the volume for ever.
    resource.instanceMaintenancePolicy = { minHealthyPercentage: 0, maxHealthyPercentage: 100 };
    // Part of the group: a hook that is a resource of its own is deleted before the group, and so holds nothing when a
    // slot is taken away.
    resource.lifecycleHookSpecificationList = [
      {
        lifecycleHookName: 'holdfast-terminating',
        lifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
        heartbeatTimeout: HOOK_HEARTBEAT.toSeconds(),
        defaultResult: 'CONTINUE',
      },
    ];

    for (const tagged of [this.group, this.volume]) {
      Tags.of(tagged).add(TAG.cluster, props.clusterName);
      Tags.of(tagged).add(TAG.slot, props.slot);
    }
    // CloudFormation sees only what the launch template names. What the node needs to come up is more.
    this.group.node.addDependency(
      role,
      this.volume,
      props.securityGroups,
      props.subnet.internetConnectivityEstablished,
      props.endpoints.slotRecord(props.slot),
    );
  }

  private get groupLogicalId(): string {
    return Stack.of(this).getLogicalId(this.group.node.defaultChild as CfnAutoScalingGroup);
  }

  private launchTemplate(props: NodeSlotProps, role: ReturnType<typeof nodeRole>): LaunchTemplate {
    const { credentials, endpoints, register, slot } = props;
    return new LaunchTemplate(this, 'LaunchTemplate', {
      machineImage: props.machine.image,
      instanceType: props.machine.instanceType,
      role,
      securityGroup: props.securityGroups.nodes,
      associatePublicIpAddress: false,
      httpTokens: LaunchTemplateHttpTokens.REQUIRED,
      httpPutResponseHopLimit: 1,
      // A tag with "/" in its key, which a user's stack may have, would make launches fail.
      instanceMetadataTags: false,
      blockDevices: [
        {
          deviceName: ROOT.device,
          volume: BlockDeviceVolume.ebs(ROOT.sizeGiB, { encrypted: true, volumeType: EbsDeviceVolumeType.GP3 }),
        },
      ],
      userData: nodeUserData(
        this,
        {
          cluster: props.clusterName,
          slot,
          region: Stack.of(this).region,
          volumeId: this.volume.volumeId,
          registerTable: register.tableName,
          hostedZoneId: endpoints.hostedZoneId,
          zoneName: endpoints.zoneName,
          settingsParameter: props.settingsParameterName,
          caCertificateParameter: credentials.caCertificate.parameterName,
          caSecretArn: credentials.caKey.secretArn,
          masterSecretArn: credentials.master.secretArn,
          monitorSecretArn: credentials.monitor.secretArn,
          logGroup: props.logGroup.logGroupName,
          // A plain name, so that the template refers to nothing of the group, which refers to the template.
          signal: {
            stackId: Stack.of(this).stackId,
            resource: Lazy.string({ produce: () => this.groupLogicalId }),
          },
        },
        props.bundle,
      ),
    });
  }
}
