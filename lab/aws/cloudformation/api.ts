import type { Account } from '../account';
import { AwsError, NotEmulatedError } from '../gateway/aws-error';
import type { Call, PreparedCall, Reply, Service } from '../gateway/call';
import { emptyQueryReply } from '../gateway/dialect';
import { QueryParameters } from '../wire/query';
import type { SignalBoard } from './signals';

/** CloudFormation's query API, as far as a node calls it: SignalResource. Spec: its API reference (2010-05-15). */
export class CloudFormationService implements Service {
  readonly name = 'cloudformation';

  constructor(
    private readonly signals: SignalBoard,
    private readonly account: Account,
  ) {}

  prepare(call: Call): PreparedCall {
    const parameters = QueryParameters.parse(new URLSearchParams(call.body.toString('utf8')));
    const name = parameters.text('Action') ?? '';
    if (name !== 'SignalResource') throw new NotEmulatedError(`cloudformation:${name}`);
    const required = (key: string): string => {
      const value = parameters.text(key);
      if (value === undefined) throw new AwsError('ValidationError', `The parameter ${key} is missing`);
      return value;
    };
    const stack = required('StackName');
    const status = required('Status');
    if (status !== 'SUCCESS' && status !== 'FAILURE') {
      throw new AwsError('ValidationError', `The status ${status} is not SUCCESS or FAILURE`);
    }
    const action = 'cloudformation:SignalResource';
    const unknown = this.account.arn('cloudformation', 'stack/unknown/*');
    return {
      action,
      demands: [{ action, resource: this.signals.stackId(stack) ?? unknown, context: {} }],
      run: (): Promise<Reply> => {
        this.signals.signal(stack, required('LogicalResourceId'), required('UniqueId'), status);
        return Promise.resolve(emptyQueryReply('cloudformation', name, call.requestId));
      },
    };
  }
}
