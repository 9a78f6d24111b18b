import type { Account } from '../account';
import { NotEmulatedError } from '../gateway/aws-error';
import type { Call, Service } from '../gateway/call';
import { tagContext, type Demand } from '../iam/demand';
import type { MotoProxy } from '../moto/proxy';
import { parseJsonCall } from './json-call';

/** Tags of a resource by its ARN, for `aws:ResourceTag`. */
export type TagLookup = (resourceArn: string) => Readonly<Record<string, string>>;

/** Systems Manager's parameter store: moto answers, the lab decides who may. */
export class SsmService implements Service {
  readonly name = 'ssm';

  constructor(
    private readonly moto: MotoProxy,
    private readonly tagsOf: TagLookup,
    private readonly account: Account,
  ) {}

  prepare(call: Call) {
    const { operation, input } = parseJsonCall(call);
    const demand = (name: unknown): Demand => {
      const resource = parameterArn(this.account, String(name));
      return { action: `ssm:${operation}`, resource, context: tagContext('ssm', this.tagsOf(resource)) };
    };
    const demands = () => {
      switch (operation) {
        case 'GetParameter':
        case 'PutParameter':
          return [demand(input['Name'])];
        case 'GetParameters':
          return (input['Names'] as unknown[]).map(demand);
        case 'GetParametersByPath':
          return [demand(input['Path'])];
        default:
          throw new NotEmulatedError(`ssm:${operation}`);
      }
    };
    return { action: `ssm:${operation}`, demands: demands(), run: () => this.moto.forward(call) };
  }
}

/** A name, with or without a leading slash and a version, or an ARN. */
export function parameterArn(account: Account, name: string): string {
  if (name.startsWith('arn:')) return name;
  return account.arn('ssm', `parameter/${name.replace(/^\//, '').replace(/:[^:]*$/, '')}`);
}
