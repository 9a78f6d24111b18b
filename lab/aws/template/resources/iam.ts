import { z } from 'zod';
import { newSuffix } from '../../ids';
import { managedPolicy } from '../../iam/managed-policies';
import { generatedName, onlyChanges, resourceType } from '../resource';
import { integer, tags, text } from '../values';

const document = z.record(z.string(), z.unknown());
const inlinePolicy = z.strictObject({ PolicyName: text, PolicyDocument: document });
/** IAM's limit on role and profile names. */
const MAX_NAME = 64;

export const IAM_RESOURCES = [
  resourceType({
    type: 'AWS::IAM::Role',
    properties: z.strictObject({
      RoleName: text.optional(),
      Description: text.optional(),
      AssumeRolePolicyDocument: document,
      ManagedPolicyArns: z.array(text).default([]),
      Policies: z.array(inlinePolicy).default([]),
      MaxSessionDuration: integer.optional(),
      Tags: tags,
    }),
    create: (properties, context) => {
      const { account, roles } = context.cloud;
      const name = properties.RoleName ?? generatedName(context, MAX_NAME);
      const role = roles.create(
        { name, arn: account.globalArn('iam', `role/${name}`), id: `AROA${newSuffix(17)}`, tags: properties.Tags },
        properties.AssumeRolePolicyDocument,
      );
      for (const policyArn of properties.ManagedPolicyArns) {
        const own = context.cloud.managedPolicies.get(policyArn);
        roles.attach(name, policyArn, own ?? managedPolicy(policyArn));
      }
      for (const { PolicyName, PolicyDocument } of properties.Policies) roles.attach(name, PolicyName, PolicyDocument);
      return { physicalId: name, attributes: { Arn: role.arn, RoleId: role.id } };
    },
    remove: ({ physicalId }, { cloud }) => cloud.roles.remove(physicalId),
  }),
  resourceType({
    type: 'AWS::IAM::Policy',
    properties: z.strictObject({ PolicyName: text, PolicyDocument: document, Roles: z.array(text).min(1) }),
    create: ({ PolicyName, PolicyDocument, Roles }, { cloud }) => {
      for (const role of Roles) cloud.roles.attach(role, PolicyName, PolicyDocument);
      return { physicalId: PolicyName, attributes: {} };
    },
    update: (properties, old, { cloud }) => {
      onlyChanges(properties, old.properties, ['PolicyDocument', 'Roles']);
      for (const role of old.properties.Roles) cloud.roles.detach(role, properties.PolicyName);
      for (const role of properties.Roles) cloud.roles.attach(role, properties.PolicyName, properties.PolicyDocument);
      return old;
    },
    remove: ({ physicalId }, { cloud }) => cloud.roles.detachEverywhere(physicalId),
  }),
  resourceType({
    type: 'AWS::IAM::ManagedPolicy',
    properties: z.strictObject({
      ManagedPolicyName: text.optional(),
      Description: text.optional(),
      Path: text.optional(),
      PolicyDocument: document,
      Roles: z.array(text).default([]),
    }),
    create: ({ ManagedPolicyName, PolicyDocument, Roles }, context) => {
      const policyName = ManagedPolicyName ?? generatedName(context, 128);
      const policyArn = context.cloud.account.globalArn('iam', `policy/${policyName}`);
      context.cloud.managedPolicies.set(policyArn, PolicyDocument);
      for (const role of Roles) context.cloud.roles.attach(role, policyArn, PolicyDocument);
      return { physicalId: policyArn, attributes: { PolicyArn: policyArn } };
    },
  }),
  resourceType({
    type: 'AWS::IAM::InstanceProfile',
    properties: z.strictObject({
      InstanceProfileName: text.optional(),
      Path: text.optional(),
      Roles: z.array(text).length(1, 'an instance profile has exactly one role'),
    }),
    create: ({ InstanceProfileName, Roles: [roleName = ''] }, context) => {
      const { account, profiles, roles } = context.cloud;
      if (!roles.trusts(roleName, 'ec2.amazonaws.com')) {
        throw new Error(`the trust policy of ${roleName} does not let ec2.amazonaws.com assume it`);
      }
      const name = InstanceProfileName ?? generatedName(context, 128);
      const profileArn = account.globalArn('iam', `instance-profile/${name}`);
      profiles.create(name, profileArn, roleName);
      return { physicalId: name, attributes: { Arn: profileArn } };
    },
    remove: ({ physicalId }, { cloud }) => cloud.profiles.remove(physicalId),
  }),
];
