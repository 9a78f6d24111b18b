import { AwsError, NotEmulatedError } from '../gateway/aws-error';
import type { Call, Service } from '../gateway/call';
import { tagContext, type Demand } from '../iam/demand';
import type { MotoProxy } from '../moto/proxy';
import { parseJsonCall } from './json-call';
import type { TagLookup } from './ssm';

const OPERATIONS = new Set(['GetSecretValue', 'PutSecretValue', 'DescribeSecret', 'UpdateSecretVersionStage']);

/** Secrets Manager: moto answers, the lab decides who may. */
export class SecretsManagerService implements Service {
  readonly name = 'secretsmanager';

  constructor(
    private readonly moto: MotoProxy,
    /** A secret's full ARN by its name or ARN with or without the random tail; undefined when there is none. */
    private readonly arnOf: (secretId: string) => string | undefined,
    private readonly tagsOf: TagLookup,
  ) {}

  prepare(call: Call) {
    const { operation, input } = parseJsonCall(call);
    const action = `secretsmanager:${operation}`;
    if (operation === 'GetRandomPassword') {
      return { action, demands: [{ action, resource: '*', context: {} }], run: () => this.moto.forward(call) };
    }
    if (!OPERATIONS.has(operation)) throw new NotEmulatedError(action);
    const secretId = input['SecretId'];
    if (typeof secretId !== 'string') throw new AwsError('ValidationException', 'SecretId must not be null');
    const resource = this.arnOf(secretId);
    if (resource === undefined) {
      throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }
    const stage = typeof input['VersionStage'] === 'string' ? input['VersionStage'] : 'AWSCURRENT';
    const demand: Demand = {
      action,
      resource,
      context: {
        ...tagContext('secretsmanager', this.tagsOf(resource)),
        'secretsmanager:VersionStage': [stage],
      },
    };
    return { action, demands: [demand], run: () => this.moto.forward(call) };
  }
}

/** A secret is named by its ARN, its ARN without the six random characters, or its name. */
export function findSecretArn(arns: Iterable<string>, secretId: string): string | undefined {
  return [...arns].find((arn) => {
    const withoutTail = arn.replace(/-[A-Za-z0-9]{6}$/, '');
    return arn === secretId || withoutTail === secretId || withoutTail.split(':secret:')[1] === secretId;
  });
}
