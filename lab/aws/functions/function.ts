/** A function as CloudFormation describes it. */
export interface FunctionSpec {
  readonly functionName: string;
  readonly logicalId: string;
  readonly arn: string;
  readonly roleName: string;
  /** Directory with the unpacked code. */
  readonly taskRoot: string;
  /** `index.handler`. */
  readonly handler: string;
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly logGroupName: string;
  readonly log: { readonly format: 'JSON' | 'Text'; readonly level: string | undefined };
  /** Network namespaces, one for each subnet; a new execution environment takes the next. */
  readonly namespaces: readonly string[];
}

export interface AsyncConfig {
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeSeconds: number;
}

/** What Lambda does with an asynchronous event unless told otherwise. */
export const DEFAULT_ASYNC_CONFIG: AsyncConfig = { maximumRetryAttempts: 2, maximumEventAgeSeconds: 21_600 };

export type InvocationResult =
  | { readonly kind: 'returned'; readonly payload: unknown }
  | { readonly kind: 'failed'; readonly errorType: string; readonly message: string };
