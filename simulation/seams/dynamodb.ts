import type { Actor } from '../kernel/actor';
import { currentKernel } from '../kernel/current';

/*
 * @aws-sdk/client-dynamodb and @aws-sdk/lib-dynamodb, as far as register/ uses them: strong reads and conditional writes
 * of whole items. What can go wrong with a call is the store's to say.
 */

export interface Item {
  readonly [attribute: string]: unknown;
}

export type Fate = 'answered' | 'lost before' | 'lost after' | 'late' | 'throttled' | 'twice';

export interface Store {
  readonly items: Map<string, Item>;
  /** What becomes of a call, and how long it takes. */
  fate(
    actor: Actor,
    kind: 'read' | 'write',
  ): { readonly fate: Fate; readonly beforeMs: number; readonly afterMs: number; readonly lateMs: number };
  /** After a write has been applied. */
  written(actor: Actor, key: string, before: Item | undefined, item: Item): void;
}

let store: Store | undefined;
let actors = new Map<string, Actor>();

export function setStore(next: Store, callers: Map<string, Actor>): void {
  store = next;
  actors = callers;
}

export class ConditionalCheckFailedException extends Error {
  override readonly name = 'ConditionalCheckFailedException';
  readonly Item: Record<string, { readonly S: string }> | undefined;

  constructor(found: Item | undefined) {
    super('The conditional request failed');
    const nonce = found?.['nonce'];
    this.Item = typeof nonce === 'string' ? { nonce: { S: nonce } } : undefined;
  }
}

export class DynamoDBClient {
  readonly actor: Actor;

  /** `region` names the process that calls. */
  constructor(config: { readonly region?: unknown }) {
    const actor = actors.get(String(config.region));
    if (actor === undefined) throw new Error(`Nobody is called ${String(config.region)}.`);
    this.actor = actor;
  }
}

interface Input {
  readonly Key?: Record<string, string>;
  readonly Item?: Item;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, unknown>;
}

class Command {
  constructor(readonly input: Input) {}
}

export class GetCommand extends Command {}
export class PutCommand extends Command {}
export class QueryCommand extends Command {}

export class DynamoDBDocumentClient {
  private constructor(private readonly actor: Actor) {}

  static from(client: DynamoDBClient): DynamoDBDocumentClient {
    return new DynamoDBDocumentClient(client.actor);
  }

  destroy(): void {
    // Nothing is open.
  }

  async send(
    command: Command,
    options: { readonly abortSignal: globalThis.AbortSignal },
  ): Promise<Record<string, unknown>> {
    if (store === undefined) throw new Error('There is no table.');
    const kernel = currentKernel();
    const { actor } = this;
    const isWrite = command instanceof PutCommand;
    const { fate, beforeMs, afterMs, lateMs } = store.fate(actor, isWrite ? 'write' : 'read');
    const apply = (): Record<string, unknown> => answer(command, actor);
    const never = (): Promise<never> =>
      new Promise((_, reject) => {
        options.abortSignal.addEventListener('abort', () => {
          kernel.stir();
          reject(options.abortSignal.reason as Error);
        });
      });
    switch (fate) {
      case 'answered':
        return kernel.operate(actor, isWrite ? 'write the register' : 'read the register', apply, {
          beforeMs,
          afterMs,
        });
      case 'throttled':
        return kernel.operate(actor, 'be throttled', throttle, { beforeMs, afterMs });
      case 'lost before':
        return never();
      case 'lost after':
        void kernel
          .operate(actor, 'write the register, unanswered', apply, { beforeMs, afterMs })
          .catch(() => undefined);
        return never();
      case 'late':
        // On its way when the caller gives it up; applied whoever is left by then.
        kernel.schedule(lateMs, () => ignoring(apply));
        return never();
      case 'twice':
        // The reply is lost and the SDK repeats the call, with the same nonce.
        await kernel.operate(actor, 'write the register, unanswered', () => ignoring(apply), { beforeMs, afterMs });
        return kernel.operate(actor, 'write the register again', apply, { beforeMs, afterMs });
    }
  }
}

function throttle(): never {
  throw new Error('ThrottlingException');
}

function ignoring(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

function answer(command: Command, actor: Actor): Record<string, unknown> {
  if (store === undefined) throw new Error('There is no table.');
  const { input } = command;
  if (command instanceof GetCommand) return { Item: store.items.get(keyOf(input.Key)) };
  if (command instanceof QueryCommand) return { Items: [] };
  const item = input.Item ?? {};
  const key = keyOf(item);
  const found = store.items.get(key);
  if (!holds(input, found)) throw new ConditionalCheckFailedException(found);
  store.items.set(key, item);
  store.written(actor, key, found, item);
  return {};
}

function keyOf(attributes: Item | undefined): string {
  return `${String(attributes?.['pk'])}/${String(attributes?.['sk'])}`;
}

/** The two forms that register/condition.ts writes. */
function holds(input: Input, found: Item | undefined): boolean {
  const { ConditionExpression, ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = input;
  if (ConditionExpression === undefined) return true;
  return ConditionExpression.split(' AND ').every((term) => {
    const absent = /^attribute_not_exists\((#\w+)\)$/.exec(term)?.[1];
    if (absent !== undefined) return found?.[names[absent] ?? ''] === undefined;
    const [, name, value] = /^(#\w+) = (:\w+)$/.exec(term) ?? [];
    if (name === undefined || value === undefined)
      throw new Error(`The simulated table does not know the condition "${term}".`);
    return found !== undefined && found[names[name] ?? ''] === values[value];
  });
}
