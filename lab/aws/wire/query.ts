/**
 * Parameters of the AWS query protocols: a form body whose keys are paths (`Filter.1.Value.2=…`). Lists are numbered
 * from 1; Auto Scaling puts a `member` before the number, EC2 does not, so both are accepted everywhere.
 */
export class QueryParameters {
  constructor(
    private readonly own: string | undefined,
    private readonly children: ReadonlyMap<string, QueryParameters>,
  ) {}

  static parse(form: URLSearchParams): QueryParameters {
    const root: Mutable = { children: new Map() };
    for (const [path, value] of form) {
      let node = root;
      for (const part of path.split('.')) {
        let next = node.children.get(part);
        if (next === undefined) {
          next = { children: new Map() };
          node.children.set(part, next);
        }
        node = next;
      }
      node.value = value;
    }
    return freeze(root);
  }

  get value(): string | undefined {
    return this.own;
  }

  get names(): readonly string[] {
    return [...this.children.keys()];
  }

  text(name: string): string | undefined {
    return this.children.get(name)?.own;
  }

  flag(name: string): boolean {
    return this.text(name)?.toLowerCase() === 'true';
  }

  /** The numbered entries below `name`, in order. */
  list(name: string): readonly QueryParameters[] {
    const node = this.children.get(name);
    const holder = node?.children.get('member') ?? node;
    if (holder === undefined) return [];
    return [...holder.children.entries()].sort(([a], [b]) => Number(a) - Number(b)).map(([, child]) => child);
  }

  texts(name: string): readonly string[] {
    return this.list(name).flatMap((entry) => (entry.own === undefined ? [] : [entry.own]));
  }
}

interface Mutable {
  value?: string;
  readonly children: Map<string, Mutable>;
}

function freeze(node: Mutable): QueryParameters {
  return new QueryParameters(
    node.value,
    new Map([...node.children].map(([name, child]) => [name, freeze(child)] as const)),
  );
}
