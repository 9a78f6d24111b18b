import { randomUUID } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { TABLE } from '../core/names';
import type { Condition } from './condition';
import { RegisterUnavailableError } from './errors';

export interface Key {
  readonly partition: string;
  readonly sort: string;
}

export interface StoredItem {
  /** Of the write that made it. */
  readonly nonce: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

export type PutOutcome =
  | { readonly kind: 'written'; readonly nonce: string }
  /** Somebody else's item stands there, or nothing. */
  | { readonly kind: 'refused'; readonly found: StoredItem | undefined };

/**
 * Strong reads and conditional writes of whole items.
 *
 * Every write carries a fresh nonce. A write can be applied and yet look refused: the reply is lost, the SDK repeats it, and the
 * repetition finds its own item in the way. So neither a refusal nor an error is believed: the item that stands there
 * tells, by its nonce. When mine is not there, "refused" is a safe answer even if the write is still under way,
 * because the caller reads again and derives its next step from what it finds.
 */
export class Table {
  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly tableName: string,
    private readonly callMs: number,
  ) {}

  async get(key: Key): Promise<StoredItem | undefined> {
    const command = new GetCommand({ TableName: this.tableName, Key: attributes(key), ConsistentRead: true });
    const { Item } = await this.call(`read ${textOf(key)}`, (options) => this.client.send(command, options));
    return Item === undefined ? undefined : stored(Item);
  }

  /** Items whose sort key begins with `prefix`, last one first. */
  async latest(partition: string, prefix: string, limit: number): Promise<readonly StoredItem[]> {
    const command = new QueryCommand({
      TableName: this.tableName,
      KeyConditionExpression: '#pk = :pk AND begins_with(#sk, :prefix)',
      ExpressionAttributeNames: { '#pk': TABLE.partitionKey, '#sk': TABLE.sortKey },
      ExpressionAttributeValues: { ':pk': partition, ':prefix': prefix },
      ConsistentRead: true,
      ScanIndexForward: false,
      Limit: limit,
    });
    const { Items } = await this.call(`list ${partition}/${prefix}`, (options) => this.client.send(command, options));
    return (Items ?? []).map(stored);
  }

  /** @throws RegisterUnavailableError when neither the write nor the read after it was answered. */
  async put(key: Key, body: Readonly<Record<string, unknown>>, condition: Condition): Promise<PutOutcome> {
    const nonce = randomUUID();
    const command = new PutCommand({
      TableName: this.tableName,
      Item: { ...body, ...attributes(key), nonce },
      ConditionExpression: condition.expression,
      ExpressionAttributeNames: condition.names,
      ...(Object.keys(condition.values).length > 0 ? { ExpressionAttributeValues: condition.values } : {}),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      await this.client.send(command, { abortSignal: AbortSignal.timeout(this.callMs) });
      return { kind: 'written', nonce };
    } catch (error) {
      // The refusal tells what stood in the way at that moment; a later writer may have replaced it since.
      if (error instanceof ConditionalCheckFailedException && error.Item?.['nonce']?.S === nonce) {
        return { kind: 'written', nonce };
      }
      const found = await this.get(key).catch((unanswered: unknown) => {
        throw new RegisterUnavailableError(`confirm the write of ${textOf(key)}`, unanswered);
      });
      if (found?.nonce === nonce) return { kind: 'written', nonce };
      if (error instanceof ConditionalCheckFailedException) return { kind: 'refused', found };
      throw new RegisterUnavailableError(`write ${textOf(key)}`, error);
    }
  }

  private async call<Output>(
    operation: string,
    send: (options: { abortSignal: AbortSignal }) => Promise<Output>,
  ): Promise<Output> {
    try {
      return await send({ abortSignal: AbortSignal.timeout(this.callMs) });
    } catch (error) {
      throw new RegisterUnavailableError(operation, error);
    }
  }
}

export function textOf(key: Key): string {
  return `${key.partition}/${key.sort}`;
}

function attributes(key: Key): Record<string, string> {
  return { [TABLE.partitionKey]: key.partition, [TABLE.sortKey]: key.sort };
}

const OWN_ATTRIBUTES: ReadonlySet<string> = new Set([TABLE.partitionKey, TABLE.sortKey, 'nonce']);

function stored(item: Record<string, unknown>): StoredItem {
  const nonce = item['nonce'];
  return {
    nonce: typeof nonce === 'string' ? nonce : undefined,
    body: Object.fromEntries(Object.entries(item).filter(([name]) => !OWN_ATTRIBUTES.has(name))),
  };
}
