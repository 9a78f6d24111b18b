import type { Template } from './assembly';
import { referencesIn } from './references';

/** Logical id → ids that must exist first. Throws for a name that nothing has, and for a circle, naming it. */
export function dependenciesOf(resources: Template['Resources']): ReadonlyMap<string, ReadonlySet<string>> {
  const graph = new Map<string, ReadonlySet<string>>();
  for (const [logicalId, resource] of Object.entries(resources)) {
    const explicit = [resource.DependsOn ?? []].flat();
    for (const name of explicit) {
      if (!Object.hasOwn(resources, name)) throw new Error(`${logicalId} depends on ${name}, which does not exist`);
    }
    const implicit = [...referencesIn(resource.Properties)].filter((name) => Object.hasOwn(resources, name));
    graph.set(logicalId, new Set([...explicit, ...implicit]));
  }
  refuseCircles(graph);
  return graph;
}

/** All of them, each after those that it depends on. */
export function ordered(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const order = new Set<string>();
  const visit = (id: string): void => {
    if (order.has(id)) return;
    for (const before of graph.get(id) ?? []) visit(before);
    order.add(id);
  };
  for (const id of graph.keys()) visit(id);
  return [...order];
}

function refuseCircles(graph: ReadonlyMap<string, ReadonlySet<string>>): void {
  const done = new Set<string>();
  const visit = (id: string, path: readonly string[]): void => {
    if (path.includes(id)) {
      throw new Error(`circular dependency between resources: ${[...path.slice(path.indexOf(id)), id].join(' → ')}`);
    }
    if (done.has(id)) return;
    for (const next of graph.get(id) ?? []) visit(next, [...path, id]);
    done.add(id);
  };
  for (const id of graph.keys()) visit(id, []);
}
