import { AutoScalingService } from './autoscaling/api';
import type { Cloud } from './cloud';
import { CloudFormationService } from './cloudformation/api';
import { Ec2Service } from './ec2/api';
import type { Service } from './gateway/call';
import { LogsService } from './logs/api';
import type { MotoProxy } from './moto/proxy';
import { DynamoDbService } from './proxied/dynamodb';
import { S3Service } from './proxied/s3';
import { findSecretArn, SecretsManagerService } from './proxied/secretsmanager';
import { SsmService } from './proxied/ssm';
import { StsService } from './proxied/sts';
import { Route53Service } from './route53/api';
import type { TokenBucket } from './route53/rate';

/** Everything that the gateway answers for: the lab's own emulations, and what it passes on to moto. */
export function servicesOf(cloud: Cloud, moto: MotoProxy, route53Rate?: TokenBucket): readonly Service[] {
  const { account } = cloud;
  const tagsOf = (arn: string) => cloud.tags.get(arn) ?? {};
  return [
    new Ec2Service(cloud.instances, account),
    new AutoScalingService(cloud.groups, account),
    new CloudFormationService(cloud.signals, cloud.stacks, account),
    new Route53Service(cloud.zones, route53Rate),
    new StsService(account),
    new LogsService(cloud.logs, account),
    new DynamoDbService(moto, cloud.tables, account),
    new SsmService(moto, tagsOf, account),
    new SecretsManagerService(moto, (id) => findSecretArn(cloud.secretArns, id), tagsOf),
    new S3Service(moto),
  ];
}
