import type { ResourceType } from '../resource';
import { AUTO_SCALING_RESOURCES } from './auto-scaling';
import { DYNAMODB_RESOURCES } from './dynamodb';
import { EVENTS_RESOURCES } from './events';
import { IAM_RESOURCES } from './iam';
import { LAMBDA_RESOURCES } from './lambda';
import { LAUNCH_TEMPLATE_RESOURCES } from './launch-template';
import { LOGS_RESOURCES } from './logs-and-metadata';
import { ROUTE53_RESOURCES } from './route53';
import { SECRETS_MANAGER_RESOURCES } from './secrets-manager';
import { SECURITY_GROUP_RESOURCES } from './security-group';
import { SSM_RESOURCES } from './ssm';
import { VOLUME_RESOURCES } from './volume';
import { VPC_RESOURCES } from './vpc';

/** Every resource type that the lab can make real. */
export const RESOURCE_TYPES: ReadonlyMap<string, ResourceType> = new Map(
  [
    ...VPC_RESOURCES,
    ...SECURITY_GROUP_RESOURCES,
    ...VOLUME_RESOURCES,
    ...LAUNCH_TEMPLATE_RESOURCES,
    ...AUTO_SCALING_RESOURCES,
    ...DYNAMODB_RESOURCES,
    ...ROUTE53_RESOURCES,
    ...IAM_RESOURCES,
    ...SECRETS_MANAGER_RESOURCES,
    ...SSM_RESOURCES,
    ...LAMBDA_RESOURCES,
    ...EVENTS_RESOURCES,
    ...LOGS_RESOURCES,
  ].map((resource) => [resource.type, resource]),
);
