import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { AutoScalingGroup, GroupSpec } from '../../autoscaling/group';
import type { LifecycleHook } from '../../autoscaling/hook';
import { rollingUpdate } from '../rolling-update';
import { launchSpec } from '../../ec2/launch-template';
import { generatedName, resourceType, type ResourceContext } from '../resource';
import type { Provisioned } from '../resolver';
import { flag, integer, text, withoutEffect } from '../values';

const specification = z.strictObject({
  LaunchTemplateId: text.optional(),
  LaunchTemplateName: text.optional(),
  Version: text,
});

const mixed = z.strictObject({
  // All capacity is on demand here.
  InstancesDistribution: withoutEffect,
  LaunchTemplate: z.strictObject({
    LaunchTemplateSpecification: specification,
    Overrides: z.array(z.strictObject({ InstanceType: text })).default([]),
  }),
});

const hook = {
  LifecycleHookName: text.optional(),
  LifecycleTransition: z.literal('autoscaling:EC2_INSTANCE_TERMINATING'),
  HeartbeatTimeout: integer.default(3600),
  DefaultResult: z.enum(['CONTINUE', 'ABANDON']).default('ABANDON'),
};

function toHook(name: string, given: z.output<z.ZodObject<typeof hook>>, factor: number): LifecycleHook {
  return {
    name,
    transition: given.LifecycleTransition,
    heartbeatTimeoutSeconds: given.HeartbeatTimeout * factor,
    defaultResult: given.DefaultResult,
  };
}

const groupSchema = z.strictObject({
  MinSize: integer,
  MaxSize: integer,
  DesiredCapacity: integer.optional(),
  LaunchTemplate: specification.optional(),
  MixedInstancesPolicy: mixed.optional(),
  VPCZoneIdentifier: z.array(text).min(1),
  HealthCheckType: z.literal('EC2').default('EC2'),
  HealthCheckGracePeriod: integer.default(0),
  Tags: z.array(z.strictObject({ Key: text, Value: text, PropagateAtLaunch: flag })).default([]),
  LifecycleHookSpecificationList: z.array(z.strictObject({ ...hook, LifecycleHookName: text })).default([]),
  // Only an instance refresh and a change of size look at these.
  InstanceMaintenancePolicy: withoutEffect,
  Cooldown: withoutEffect,
  CapacityRebalance: withoutEffect,
  TerminationPolicies: withoutEffect,
  NewInstancesProtectedFromScaleIn: flag.refine((value) => !value, 'not known to the lab').optional(),
  MetricsCollection: withoutEffect,
});

type GroupProperties = z.output<typeof groupSchema>;

function groupSpec(
  properties: GroupProperties,
  own: Pick<GroupSpec, 'name' | 'arn'>,
  { cloud, logicalId }: ResourceContext,
): GroupSpec {
  const used = properties.LaunchTemplate ?? properties.MixedInstancesPolicy?.LaunchTemplate.LaunchTemplateSpecification;
  const template = cloud.launchTemplates.get(used?.LaunchTemplateId ?? '');
  if (template === undefined) throw new Error('the group names no launch template that exists');
  const overrides = properties.MixedInstancesPolicy?.LaunchTemplate.Overrides.map(({ InstanceType }) => InstanceType);
  const types = overrides?.length ? overrides : [template.instanceType];
  const propagated = properties.Tags.filter(({ PropagateAtLaunch }) => PropagateAtLaunch);
  const tags = {
    ...Object.fromEntries(propagated.map(({ Key, Value }) => [Key, Value])),
    'aws:autoscaling:groupName': own.name,
  };
  return {
    ...own,
    logicalId,
    minSize: properties.MinSize,
    maxSize: properties.MaxSize,
    desiredCapacity: properties.DesiredCapacity ?? properties.MinSize,
    subnetIds: properties.VPCZoneIdentifier,
    zones: properties.VPCZoneIdentifier.map((subnetId) => cloud.network.subnet(subnetId).zone),
    healthCheckGraceMs: properties.HealthCheckGracePeriod * 1000 * (cloud.times.templateTimeFactor ?? 1),
    launchTemplate: { id: template.id, name: template.name, version: used?.Version ?? '1' },
    tags: properties.Tags.map(({ Key, Value, PropagateAtLaunch }) => ({
      ...{ key: Key, value: Value, propagateAtLaunch: PropagateAtLaunch },
    })),
    launchSpecs: (subnetId) =>
      types.map((instanceType) => {
        if (instanceType === undefined) throw new Error(`${own.name} has no instance type`);
        return launchSpec(template, { subnetId, instanceType, tags });
      }),
  };
}

function hooksOf(properties: GroupProperties, { cloud }: ResourceContext): LifecycleHook[] {
  const factor = cloud.times.templateTimeFactor ?? 1;
  return properties.LifecycleHookSpecificationList.map((each) => toHook(each.LifecycleHookName, each, factor));
}

function provisioned({ spec: { name, arn } }: AutoScalingGroup): Provisioned {
  return { physicalId: name, attributes: { AutoScalingGroupName: name, AutoScalingGroupARN: arn } };
}

export const AUTO_SCALING_RESOURCES = [
  resourceType({
    type: 'AWS::AutoScaling::AutoScalingGroup',
    understands: ['UpdatePolicy'],
    properties: groupSchema,
    create: async (properties, context) => {
      const { cloud } = context;
      const name = generatedName(context);
      const arn = cloud.account.arn('autoscaling', `autoScalingGroup:${randomUUID()}:autoScalingGroupName/${name}`);
      const group = cloud.groups.create(groupSpec(properties, { name, arn }, context));
      group.hooks = hooksOf(properties, context);
      await group.start();
      return provisioned(group);
    },
    update: async (properties, old, context) => {
      const group = context.cloud.groups.get(old.physicalId);
      const { name, arn } = group.spec;
      group.hooks = hooksOf(properties, context);
      group.update(groupSpec(properties, { name, arn }, context));
      await rollingUpdate(group, context);
      return provisioned(group);
    },
    remove: async ({ physicalId }, { cloud }) => {
      const group = cloud.groups.get(physicalId);
      group.update({ ...group.spec, minSize: 0, maxSize: 0, desiredCapacity: 0 });
      while (group.members.length > 0) await cloud.background.sleep(cloud.times.groupCheckMs / 10);
      cloud.groups.remove(physicalId);
    },
  }),
  resourceType({
    type: 'AWS::AutoScaling::LifecycleHook',
    properties: z.strictObject({ AutoScalingGroupName: text, ...hook }),
    create: (properties, context) => {
      const name = properties.LifecycleHookName ?? generatedName(context);
      const factor = context.cloud.times.templateTimeFactor ?? 1;
      context.cloud.groups.get(properties.AutoScalingGroupName).hooks.push(toHook(name, properties, factor));
      return { physicalId: name, attributes: { LifecycleHookName: name } };
    },
  }),
];
