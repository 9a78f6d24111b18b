import type { Account } from '../account';
import { AwsError, NotEmulatedError } from '../gateway/aws-error';
import type { Call, Service } from '../gateway/call';
import type { Demand, RequestContext } from '../iam/demand';
import type { MotoProxy } from '../moto/proxy';
import { parseJsonCall } from './json-call';

/** What IAM needs to know of a table. */
export interface TableKey {
  readonly partitionKey: string;
}

type Input = Readonly<Record<string, unknown>>;

const READS = new Set(['GetItem', 'Query', 'DescribeTable', 'BatchGetItem', 'Scan']);
const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem', 'TransactWriteItems']);

/**
 * DynamoDB: moto answers, the lab decides who may. `dynamodb:LeadingKeys` are the partition keys a call names; it is
 * absent where the call names none (Scan, DescribeTable), as on AWS.
 */
export class DynamoDbService implements Service {
  readonly name = 'dynamodb';

  constructor(
    private readonly moto: MotoProxy,
    private readonly tables: ReadonlyMap<string, TableKey>,
    private readonly account: Account,
  ) {}

  prepare(call: Call) {
    const { operation, input } = parseJsonCall(call);
    if (operation === 'DescribeEndpoints') throw new NotEmulatedError('dynamodb:DescribeEndpoints');
    if (!READS.has(operation) && !WRITES.has(operation)) throw new NotEmulatedError(`dynamodb:${operation}`);
    return {
      action: `dynamodb:${operation}`,
      demands: this.demands(operation, input),
      run: () => (WRITES.has(operation) ? this.moto.forwardWrite(call) : this.moto.forward(call)),
    };
  }

  private demands(operation: string, input: Input): readonly Demand[] {
    switch (operation) {
      case 'TransactWriteItems':
        return objects(input['TransactItems']).flatMap((item) =>
          Object.entries(item).map(([kind, inner]) => {
            const action = kind === 'ConditionCheck' ? 'ConditionCheckItem' : `${kind}Item`;
            return this.demand(action, object(inner));
          }),
        );
      case 'BatchGetItem':
        return Object.entries(object(input['RequestItems'])).map(([table, request]) => {
          const keys = objects(object(request)['Keys']).flatMap((key) => this.keyOf(table, key));
          return { action: 'dynamodb:BatchGetItem', resource: this.tableArn(table), context: leadingKeys(keys) };
        });
      default:
        return [this.demand(operation, input)];
    }
  }

  private demand(operation: string, input: Input): Demand {
    const table = tableName(input['TableName']);
    const index = typeof input['IndexName'] === 'string' ? `/index/${input['IndexName']}` : '';
    const keys =
      operation === 'Query'
        ? this.queriedKey(table, input)
        : this.keyOf(table, object(input['Key'] ?? input['Item'] ?? {}));
    return { action: `dynamodb:${operation}`, resource: `${this.tableArn(table)}${index}`, context: leadingKeys(keys) };
  }

  private tableArn(table: string): string {
    return this.account.arn('dynamodb', `table/${table}`);
  }

  private keyOf(table: string, attributes: Input): readonly string[] {
    const name = this.tables.get(table)?.partitionKey;
    return name === undefined ? [] : scalarOf(attributes[name]);
  }

  /** The value that the key condition sets equal to the partition key. */
  private queriedKey(table: string, input: Input): readonly string[] {
    const partitionKey = this.tables.get(table)?.partitionKey;
    const names = object(input['ExpressionAttributeNames'] ?? {});
    const expression = input['KeyConditionExpression'];
    if (typeof expression !== 'string') throw new NotEmulatedError('dynamodb:Query without a KeyConditionExpression');
    for (const [, name = '', value = ''] of expression.matchAll(/([#\w.-]+)\s*=\s*(:\w+)/g)) {
      if ((names[name] ?? name) === partitionKey) {
        return scalarOf(object(input['ExpressionAttributeValues'] ?? {})[value]);
      }
    }
    return [];
  }
}

function leadingKeys(keys: readonly string[]): RequestContext {
  return keys.length === 0 ? {} : { 'dynamodb:LeadingKeys': keys };
}

/** Table operations accept a name or an ARN. */
function tableName(value: unknown): string {
  if (typeof value !== 'string') throw new AwsError('ValidationException', 'TableName must not be null');
  return value.split(':table/').at(-1) ?? value;
}

function scalarOf(attribute: unknown): readonly string[] {
  return Object.entries(object(attribute ?? {})).flatMap(([type, value]) =>
    (type === 'S' || type === 'N' || type === 'B') && typeof value === 'string' ? [value] : [],
  );
}

function object(value: unknown): Input {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AwsError('SerializationException', 'An object was expected');
  }
  return value as Input;
}

function objects(value: unknown): readonly Input[] {
  if (!Array.isArray(value)) throw new AwsError('SerializationException', 'A list was expected');
  return value.map(object);
}
