import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { LifecycleHook } from '../../autoscaling/hook';
import { launchSpec } from '../../ec2/launch-template';
import { generatedName, resourceType } from '../resource';
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

export const AUTO_SCALING_RESOURCES = [
  resourceType({
    type: 'AWS::AutoScaling::AutoScalingGroup',
    // Rolling updates are for a second deploy, which the lab does not make.
    understands: ['UpdatePolicy'],
    properties: z.strictObject({
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
    }),
    create: async (properties, context) => {
      const { cloud, logicalId } = context;
      const used =
        properties.LaunchTemplate ?? properties.MixedInstancesPolicy?.LaunchTemplate.LaunchTemplateSpecification;
      const template = cloud.launchTemplates.get(used?.LaunchTemplateId ?? '');
      if (template === undefined) throw new Error('the group names no launch template that exists');
      const overrides = properties.MixedInstancesPolicy?.LaunchTemplate.Overrides.map(
        ({ InstanceType }) => InstanceType,
      );
      const types = overrides?.length ? overrides : [template.instanceType];
      const name = generatedName(context);
      const propagated = properties.Tags.filter(({ PropagateAtLaunch }) => PropagateAtLaunch);
      const tags = {
        ...Object.fromEntries(propagated.map(({ Key, Value }) => [Key, Value])),
        'aws:autoscaling:groupName': name,
      };
      const group = cloud.groups.create({
        name,
        logicalId,
        arn: cloud.account.arn('autoscaling', `autoScalingGroup:${randomUUID()}:autoScalingGroupName/${name}`),
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
            if (instanceType === undefined) throw new Error(`${name} has no instance type`);
            return launchSpec(template, { subnetId, instanceType, tags });
          }),
      });
      const factor = cloud.times.templateTimeFactor ?? 1;
      group.hooks.push(
        ...properties.LifecycleHookSpecificationList.map((each) => toHook(each.LifecycleHookName, each, factor)),
      );
      await group.start();
      return { physicalId: name, attributes: { AutoScalingGroupName: name, AutoScalingGroupARN: group.spec.arn } };
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
