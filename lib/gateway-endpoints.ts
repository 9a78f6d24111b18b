import { Annotations, Resource } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import {
  CfnVPCEndpoint,
  GatewayVpcEndpoint,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpoint,
} from 'aws-cdk-lib/aws-ec2';
import type { Construct, IDependable } from 'constructs';
import { Dependable } from 'constructs';

const SERVICES = [
  {
    id: 'HoldfastDynamoDbEndpoint',
    label: 'DynamoDB',
    suffix: '.dynamodb',
    service: GatewayVpcEndpointAwsService.DYNAMODB,
  },
  { id: 'HoldfastS3Endpoint', label: 'S3', suffix: '.s3', service: GatewayVpcEndpointAwsService.S3 },
] as const;

/**
 * Sees to it that the register and the bundle are reached without NAT. In a VPC that this app makes, endpoints that are
 * missing are made; a second endpoint of one service in the same route tables would fail to deploy, so those that exist
 * are found, also another cluster's.
 */
export function ensureGatewayEndpoints(scope: Construct, vpc: IVpc, wanted: boolean | undefined): void {
  const ownVpc = Resource.isOwnedResource(vpc);
  if (!(wanted ?? ownVpc)) {
    if (wanted === undefined) {
      Annotations.of(scope).addWarningV2(
        'holdfast:gatewayEndpoints',
        'This VPC is imported: see that it has gateway endpoints for DynamoDB and S3, so that the register does not depend on NAT. ' +
          'Then set createGatewayEndpoints: false, or true to have them made.',
      );
    }
    return;
  }
  for (const { id, suffix, service } of SERVICES) {
    if (gatewayEndpoints(vpc).some((endpoint) => serviceNameOf(endpoint).includes(suffix))) {
      continue;
    }
    vpc.addGatewayEndpoint(id, { service });
  }
  vpc.node.addValidation({ validate: () => doubledEndpoints(vpc) });
}

/** All endpoints of the VPC that this app makes, those made later included: evaluated when the template is written. */
export function endpointsOf(vpc: IVpc): IDependable {
  const endpoints: IDependable = {};
  Dependable.implement(endpoints, {
    get dependencyRoots() {
      return vpc.node
        .findAll()
        .filter((child) => child instanceof GatewayVpcEndpoint || child instanceof InterfaceVpcEndpoint);
    },
  });
  return endpoints;
}

function gatewayEndpoints(vpc: IVpc): GatewayVpcEndpoint[] {
  return vpc.node.findAll().filter((child) => child instanceof GatewayVpcEndpoint);
}

function serviceNameOf(endpoint: GatewayVpcEndpoint): string {
  const resource = endpoint.node.defaultChild;
  return resource instanceof CfnVPCEndpoint ? JSON.stringify(resource.stack.resolve(resource.serviceName)) : '';
}

function doubledEndpoints(vpc: IVpc): string[] {
  return SERVICES.filter(
    ({ suffix }) => gatewayEndpoints(vpc).filter((endpoint) => serviceNameOf(endpoint).includes(suffix)).length > 1,
  ).map(
    ({ label }) =>
      `PostgresCluster: this VPC has two gateway endpoints for ${label}; allowed: one. ` +
      'Make yours before the cluster, which then uses it, or set createGatewayEndpoints: false.',
  );
}
