import { isDeepStrictEqual } from 'node:util';
import type { TemplateResource } from './assembly';
import type { ResourceType } from './resource';

export interface Plan {
  /** In the new template only. */
  readonly made: readonly string[];
  /** In both, with other properties. What only refers to something that changes is found while it changes. */
  readonly changed: readonly string[];
  /** In the old template only, and to be deleted. */
  readonly removed: readonly string[];
  /** In the old template only, and kept by their DeletionPolicy. */
  readonly kept: readonly string[];
}

type Resources = Readonly<Record<string, TemplateResource>>;

/**
 * What an update of the stack does, by logical id, as a change set says it.
 *
 * @throws Error that names every change which the lab does not know how to make, before any is made
 */
export function planUpdate(old: Resources, next: Resources, types: ReadonlyMap<string, ResourceType>): Plan {
  const made = Object.keys(next).filter((id) => !Object.hasOwn(old, id));
  const changed = Object.keys(next).filter((id) => {
    const before = old[id];
    return before !== undefined && !isDeepStrictEqual(before.Properties, next[id]?.Properties);
  });
  const gone = Object.keys(old).filter((id) => !Object.hasOwn(next, id));
  const removed = gone.filter((id) => !isRetained(old[id]));
  const problems = [
    ...Object.entries(next)
      .filter(([id, { Type }]) => old[id] !== undefined && old[id].Type !== Type)
      .map(([id, { Type }]) => `${id}: CloudFormation does not make a ${old[id]?.Type ?? ''} into a ${Type}`),
    ...changed
      .filter((id) => types.get(next[id]?.Type ?? '')?.update === undefined)
      .map((id) => `${id}: the lab does not know how to update ${next[id]?.Type ?? ''}`),
    ...removed
      .filter((id) => types.get(old[id]?.Type ?? '')?.remove === undefined)
      .map((id) => `${id}: the lab does not know how to delete ${old[id]?.Type ?? ''}`),
  ];
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return { made, changed, removed, kept: gone.filter((id) => isRetained(old[id])) };
}

function isRetained(resource: TemplateResource | undefined): boolean {
  return resource?.DeletionPolicy === 'Retain' || resource?.DeletionPolicy === 'RetainExceptOnCreate';
}
