import type { Account } from '../account';
import { AwsError, NotEmulatedError } from '../gateway/aws-error';
import type { Call, PreparedCall, Reply, Service } from '../gateway/call';
import { emptyQueryReply, queryReply } from '../gateway/dialect';
import type { Demand } from '../iam/demand';
import { QueryParameters } from '../wire/query';
import { members, type XmlObject } from '../wire/xml';
import type { SignalBoard } from './signals';
import type { StackDescription, StackStore } from './stacks';

/**
 * CloudFormation's query API, as far as a node calls it (SignalResource) and as far as an operator does (DescribeStacks).
 * Spec: its API reference (2010-05-15). To describe all stacks also asks for ListStacks. Not modelled: pages.
 */
export class CloudFormationService implements Service {
  readonly name = 'cloudformation';

  constructor(
    private readonly signals: SignalBoard,
    private readonly stacks: StackStore,
    private readonly account: Account,
  ) {}

  prepare(call: Call): PreparedCall {
    const parameters = QueryParameters.parse(new URLSearchParams(call.body.toString('utf8')));
    const name = parameters.text('Action') ?? '';
    switch (name) {
      case 'SignalResource':
        return this.signal(parameters, call.requestId);
      case 'DescribeStacks':
        return this.describe(parameters.text('StackName'), call.requestId);
      default:
        throw new NotEmulatedError(`cloudformation:${name}`);
    }
  }

  private signal(parameters: QueryParameters, requestId: string): PreparedCall {
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
        return Promise.resolve(emptyQueryReply('cloudformation', 'SignalResource', requestId));
      },
    };
  }

  private describe(nameOrId: string | undefined, requestId: string): PreparedCall {
    const action = 'cloudformation:DescribeStacks';
    const run = (): Promise<Reply> =>
      Promise.resolve(queryReply('cloudformation', 'DescribeStacks', requestId, this.descriptions(nameOrId)));
    if (nameOrId === undefined) return { action, demands: this.demandsOfAll(), run };
    const unknown = this.account.arn('cloudformation', `stack/${nameOrId}/*`);
    return { action, demands: [{ action, resource: this.stacks.get(nameOrId)?.id ?? unknown, context: {} }], run };
  }

  private demandsOfAll(): readonly Demand[] {
    const resource = this.account.arn('cloudformation', 'stack/*/*');
    return ['DescribeStacks', 'ListStacks'].map((name) => ({
      action: `cloudformation:${name}`,
      resource,
      context: {},
    }));
  }

  private descriptions(nameOrId: string | undefined): XmlObject {
    if (nameOrId === undefined) return { Stacks: members(this.stacks.list().map(described)) };
    const found = this.stacks.get(nameOrId);
    if (found === undefined) throw new AwsError('ValidationError', `Stack with id ${nameOrId} does not exist`);
    return { Stacks: members([described(found)]) };
  }
}

function described({ name, id, status, createdAt, outputs }: StackDescription): XmlObject {
  return {
    StackName: name,
    StackId: id,
    StackStatus: status,
    CreationTime: createdAt,
    Outputs: members(
      Object.entries(outputs).map(([OutputKey, OutputValue]): XmlObject => ({ OutputKey, OutputValue })),
    ),
  };
}
