import { AwsError } from '../gateway/aws-error';

export type SignalStatus = 'SUCCESS' | 'FAILURE';

/** The time in which one resource may be signaled: while it is being made, updated or rolled back. */
export interface SignalWindow {
  /** The first signal of a sender that has not been heard in this window. */
  readonly first: Promise<{ readonly uniqueId: string; readonly status: SignalStatus }>;
  close(): void;
}

interface Open {
  readonly take: (signal: { readonly uniqueId: string; readonly status: SignalStatus }) => void;
}

/** Who waits for a signal now. Only a resource that something is done to may be signaled, as on AWS. */
export class SignalBoard {
  private stack: { readonly name: string; readonly id: string } | undefined;
  private readonly open = new Map<string, Open>();

  /** The one stack of this account. */
  adopt(stack: { readonly name: string; readonly id: string }): void {
    this.stack = stack;
  }

  /** ARN of the stack that a call names, for its permission. */
  stackId(nameOrId: string): string | undefined {
    return this.stack?.name === nameOrId || this.stack?.id === nameOrId ? this.stack.id : undefined;
  }

  await(logicalId: string): SignalWindow {
    let take: Open['take'] = () => undefined;
    const first = new Promise<Parameters<Open['take']>[0]>((resolve) => (take = resolve));
    const own: Open = { take };
    this.open.set(logicalId, own);
    return {
      first,
      close: () => {
        if (this.open.get(logicalId) === own) this.open.delete(logicalId);
      },
    };
  }

  signal(stackName: string, logicalId: string, uniqueId: string, status: SignalStatus): void {
    if (this.stackId(stackName) === undefined) {
      throw new AwsError('ValidationError', `Stack with id ${stackName} does not exist`);
    }
    const window = this.open.get(logicalId);
    if (window === undefined) {
      throw new AwsError('ValidationError', `Resource ${logicalId} is in a COMPLETE state and cannot be signaled`);
    }
    window.take({ uniqueId, status });
  }
}
