import type { Account } from '../account';
import { AwsError, NotEmulatedError } from '../gateway/aws-error';
import type { Call, PreparedCall, Reply, Service } from '../gateway/call';
import { queryReply } from '../gateway/dialect';
import { tagContext, type Demand } from '../iam/demand';
import { QueryParameters } from '../wire/query';
import { members, type XmlObject } from '../wire/xml';
import type { AutoScalingGroup, Member } from './group';
import type { GroupStore } from './groups';

interface Operation {
  /** The group that the call acts on; a description acts on `*`. */
  group?(parameters: QueryParameters): AutoScalingGroup | undefined;
  run(parameters: QueryParameters): XmlObject;
}

/**
 * Auto Scaling's query API, as far as Holdfast calls it. Spec: the Auto Scaling API reference (2011-01-01). A lifecycle
 * action is completed or renewed only while it holds its instance. Not modelled: pages, scaling policies, warm pools,
 * launch hooks.
 */
export class AutoScalingService implements Service {
  readonly name = 'autoscaling';

  constructor(
    private readonly groups: GroupStore,
    private readonly account: Account,
  ) {}

  prepare(call: Call): PreparedCall {
    const parameters = QueryParameters.parse(new URLSearchParams(call.body.toString('utf8')));
    const name = parameters.text('Action') ?? '';
    const operation = this.operations[name];
    if (operation === undefined) throw new NotEmulatedError(`autoscaling:${name}`);
    const action = `autoscaling:${name}`;
    return {
      action,
      demands: [{ action, ...this.target(operation, parameters) }],
      run: (): Promise<Reply> =>
        Promise.resolve(queryReply('autoscaling', name, call.requestId, operation.run(parameters))),
    };
  }

  private target(operation: Operation, parameters: QueryParameters): Pick<Demand, 'resource' | 'context'> {
    if (operation.group === undefined) return { resource: '*', context: {} };
    const group = operation.group(parameters);
    const unknown = this.account.arn('autoscaling', 'autoScalingGroup:*:autoScalingGroupName/unknown');
    const tags = Object.fromEntries((group?.spec.tags ?? []).map(({ key, value }) => [key, value]));
    return { resource: group?.spec.arn ?? unknown, context: tagContext('autoscaling', tags) };
  }

  private readonly operations: Readonly<Record<string, Operation>> = {
    DescribeAutoScalingGroups: {
      run: (parameters) => {
        const names = parameters.texts('AutoScalingGroupNames');
        const wantedTags = parameters.list('Filters').map((filter) => {
          const name = filter.text('Name') ?? '';
          if (!name.startsWith('tag:')) throw new NotEmulatedError(`the group filter ${name}`);
          return { key: name.slice('tag:'.length), values: filter.texts('Values') };
        });
        const chosen = this.groups
          .list()
          .filter(({ spec }) => names.length === 0 || names.includes(spec.name))
          .filter(({ spec }) =>
            wantedTags.every(({ key, values }) =>
              spec.tags.some((tag) => tag.key === key && values.includes(tag.value)),
            ),
          );
        return { AutoScalingGroups: members(chosen.map(groupView)) };
      },
    },
    DescribeAutoScalingInstances: {
      run: (parameters) => {
        const ids = parameters.texts('InstanceIds');
        const all = this.groups.list().flatMap((group) => group.members.map((member) => ({ group, member })));
        const chosen = all.filter(({ member }) => ids.length === 0 || ids.includes(member.instance.instanceId));
        return {
          AutoScalingInstances: members(
            chosen.map(({ group, member }) => ({
              ...memberView(member),
              AutoScalingGroupName: group.spec.name,
              // The one description that writes the health in capitals.
              HealthStatus: member.healthStatus.toUpperCase(),
            })),
          ),
        };
      },
    },
    DescribeLifecycleHooks: {
      run: (parameters) => {
        const group = this.groups.get(required(parameters, 'AutoScalingGroupName'));
        return {
          LifecycleHooks: members(
            group.hooks.map((hook) => ({
              LifecycleHookName: hook.name,
              AutoScalingGroupName: group.spec.name,
              LifecycleTransition: hook.transition,
              HeartbeatTimeout: hook.heartbeatTimeoutSeconds,
              DefaultResult: hook.defaultResult,
            })),
          ),
        };
      },
    },
    CompleteLifecycleAction: {
      group: (parameters) => this.groups.find(parameters.text('AutoScalingGroupName') ?? ''),
      run: (parameters) => {
        const result = required(parameters, 'LifecycleActionResult');
        if (result !== 'CONTINUE' && result !== 'ABANDON') {
          throw new AwsError('ValidationError', `The result ${result} is not CONTINUE or ABANDON`);
        }
        // Both end a termination hook; ABANDON also skips the hooks after it.
        this.namedAction(parameters).complete();
        return {};
      },
    },
    RecordLifecycleActionHeartbeat: {
      group: (parameters) => this.groups.find(parameters.text('AutoScalingGroupName') ?? ''),
      run: (parameters) => {
        this.namedAction(parameters).heartbeat();
        return {};
      },
    },
    TerminateInstanceInAutoScalingGroup: {
      group: (parameters) => this.groups.holding(parameters.text('InstanceId') ?? ''),
      run: (parameters) => {
        const instanceId = required(parameters, 'InstanceId');
        if (parameters.flag('ShouldDecrementDesiredCapacity')) {
          throw new NotEmulatedError('TerminateInstanceInAutoScalingGroup that also shrinks the group');
        }
        const group = this.holding(instanceId);
        group.terminate(instanceId, 'an instance was taken out of service in response to a user request');
        return {
          Activity: {
            ActivityId: group.member(instanceId)?.actions[0]?.token ?? instanceId,
            AutoScalingGroupName: group.spec.name,
            Description: `Terminating EC2 instance: ${instanceId}`,
            Cause: 'an instance was taken out of service in response to a user request',
            StartTime: new Date(),
            StatusCode: 'InProgress',
            Progress: 0,
          },
        };
      },
    },
    SetInstanceHealth: {
      group: (parameters) => this.groups.holding(parameters.text('InstanceId') ?? ''),
      run: (parameters) => {
        const instanceId = required(parameters, 'InstanceId');
        const status = required(parameters, 'HealthStatus');
        if (status !== 'Healthy' && status !== 'Unhealthy') {
          throw new AwsError(
            'ValidationError',
            `Valid instance health states are: [Healthy, Unhealthy], not ${status}.`,
          );
        }
        const respectGrace = parameters.text('ShouldRespectGracePeriod')?.toLowerCase() !== 'false';
        this.holding(instanceId).setHealth(instanceId, status, respectGrace);
        return {};
      },
    },
  };

  private holding(instanceId: string): AutoScalingGroup {
    const group = this.groups.holding(instanceId);
    if (group !== undefined) return group;
    throw new AwsError(
      'ValidationError',
      `Instance Id not found - No managed instance found for instance ID: ${instanceId}`,
    );
  }

  private namedAction(parameters: QueryParameters) {
    const instanceId = parameters.text('InstanceId');
    const token = parameters.text('LifecycleActionToken');
    if (instanceId === undefined && token === undefined) {
      throw new AwsError('ValidationError', 'Either LifecycleActionToken or InstanceId must be given.');
    }
    const group = this.groups.get(required(parameters, 'AutoScalingGroupName'));
    return group.action(required(parameters, 'LifecycleHookName'), instanceId, token);
  }
}

function groupView(group: AutoScalingGroup): XmlObject {
  const { spec } = group;
  return {
    AutoScalingGroupName: spec.name,
    AutoScalingGroupARN: spec.arn,
    LaunchTemplate: templateView(spec.launchTemplate),
    MinSize: spec.minSize,
    MaxSize: spec.maxSize,
    DesiredCapacity: spec.desiredCapacity,
    DefaultCooldown: 300,
    AvailabilityZones: members(spec.zones),
    LoadBalancerNames: members([]),
    HealthCheckType: 'EC2',
    HealthCheckGracePeriod: spec.healthCheckGraceMs / 1000,
    Instances: members(group.members.map((member) => memberView(member))),
    CreatedTime: group.createdAt,
    VPCZoneIdentifier: spec.subnetIds.join(','),
    Tags: members(
      spec.tags.map(({ key, value, propagateAtLaunch }) => ({
        ResourceId: spec.name,
        ResourceType: 'auto-scaling-group',
        Key: key,
        Value: value,
        PropagateAtLaunch: propagateAtLaunch,
      })),
    ),
    TerminationPolicies: members(['Default']),
    NewInstancesProtectedFromScaleIn: false,
  };
}

function memberView(member: Member): XmlObject {
  return {
    InstanceId: member.instance.instanceId,
    InstanceType: member.instance.spec.instanceType,
    AvailabilityZone: member.instance.zone,
    LifecycleState: member.lifecycleState,
    HealthStatus: member.healthStatus,
    LaunchTemplate: templateView(member.launchTemplate),
    ProtectedFromScaleIn: false,
  };
}

function templateView({ id, name, version }: Member['launchTemplate']): XmlObject {
  return { LaunchTemplateId: id, LaunchTemplateName: name, Version: version };
}

function required(parameters: QueryParameters, name: string): string {
  const value = parameters.text(name);
  if (value === undefined) throw new AwsError('ValidationError', `The parameter ${name} is missing`);
  return value;
}
