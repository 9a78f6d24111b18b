/** A stack as DescribeStacks tells of it. */
export interface StackDescription {
  readonly name: string;
  /** Its ARN. */
  readonly id: string;
  readonly status: string;
  readonly createdAt: Date;
  readonly outputs: Readonly<Record<string, string>>;
}

/** The account's stacks. */
export class StackStore {
  private readonly stacks = new Map<string, StackDescription>();

  put(stack: StackDescription): void {
    this.stacks.set(stack.name, stack);
  }

  /** By name or ARN. */
  get(nameOrId: string): StackDescription | undefined {
    return this.stacks.get(nameOrId) ?? this.list().find(({ id }) => id === nameOrId);
  }

  list(): readonly StackDescription[] {
    return [...this.stacks.values()];
  }
}
