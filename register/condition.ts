/** What must hold of the stored item at the moment of a write. */
export interface Condition {
  readonly expression: string;
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Nothing is there yet. */
export const ABSENT: Condition = { expression: 'attribute_not_exists(#pk)', names: { '#pk': 'pk' }, values: {} };

/** Still exactly the write that was read: nothing that was under way since has landed. */
export function unchanged(nonce: string): Condition {
  return { expression: '#nonce = :judged', names: { '#nonce': 'nonce' }, values: { ':judged': nonce } };
}

/** Still the record that was judged. The epoch keeps a write away from a table that was restored or replaced. */
export function atVersion(epoch: string, version: number): Condition {
  return {
    expression: '#epoch = :epoch AND #version = :version',
    names: { '#epoch': 'epoch', '#version': 'version' },
    values: { ':epoch': epoch, ':version': version },
  };
}

/** Nothing there, or an item that lacks `attribute`. */
export function withoutAttribute(attribute: string): Condition {
  return { expression: 'attribute_not_exists(#lacking)', names: { '#lacking': attribute }, values: {} };
}
