/** Names that a value refers to: `Ref`, `Fn::GetAtt` and the placeholders of `Fn::Sub`. */
export function referencesIn(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  collect(value, found);
  return found;
}

function collect(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'Ref' && typeof inner === 'string') found.add(inner);
    else if (key === 'Fn::GetAtt') found.add(attributeOf(inner).logicalId);
    else if (key === 'Fn::Sub') collectSub(inner, found);
    else collect(inner, found);
  }
}

function collectSub(argument: unknown, found: Set<string>): void {
  const [text, own] = subParts(argument);
  for (const name of placeholders(text)) {
    if (!Object.hasOwn(own, name)) found.add(name.split('.')[0] ?? name);
  }
  collect(own, found);
}

/** The text of `Fn::Sub` and its own variables. */
export function subParts(argument: unknown): readonly [text: string, own: Readonly<Record<string, unknown>>] {
  if (typeof argument === 'string') return [argument, {}];
  if (Array.isArray(argument) && typeof argument[0] === 'string') {
    return [argument[0], (argument[1] ?? {}) as Record<string, unknown>];
  }
  throw new Error('Fn::Sub wants a string, or a string and its variables');
}

/** `${Name}` and `${Name.Attribute}`; `${!Literal}` is none. */
export const PLACEHOLDER = /\$\{([^!}][^}]*)\}/g;

function placeholders(text: string): readonly string[] {
  return [...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? '');
}

export function attributeOf(argument: unknown): { readonly logicalId: string; readonly attribute: string } {
  const parts = typeof argument === 'string' ? splitOnce(argument) : argument;
  if (!Array.isArray(parts) || typeof parts[0] !== 'string' || typeof parts[1] !== 'string') {
    throw new Error('Fn::GetAtt wants a logical id and an attribute');
  }
  return { logicalId: parts[0], attribute: parts[1] };
}

function splitOnce(text: string): readonly [string, string] {
  const dot = text.indexOf('.');
  return [text.slice(0, dot), text.slice(dot + 1)];
}
