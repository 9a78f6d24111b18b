/** What the region and the runtime inside an execution environment say to each other, over Node's IPC channel. */

export interface InvokeMessage {
  readonly kind: 'invoke';
  readonly requestId: string;
  readonly event: unknown;
  /** Milliseconds since 1970. */
  readonly deadlineMs: number;
  readonly functionArn: string;
}

export type RuntimeMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'init-failed'; readonly errorType: string; readonly message: string; readonly stack: string }
  | { readonly kind: 'returned'; readonly requestId: string; readonly payload: unknown }
  | {
      readonly kind: 'failed';
      readonly requestId: string;
      readonly errorType: string;
      readonly message: string;
      readonly stack: string;
    };
