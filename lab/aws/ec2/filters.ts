import { AwsError } from '../gateway/aws-error';
import { globMatches } from '../iam/glob';
import type { QueryParameters } from '../wire/query';

/** Values of a resource under a filter's name; undefined for a filter that the resource does not know. */
export type FilterFields<T> = Readonly<Record<string, (resource: T) => readonly string[]>>;

/** All filters must fit, each by any of its values; `*` and `?` are wildcards. `tag:…` and `tag-key` fit every resource. */
export function matchesFilters<T>(
  parameters: QueryParameters,
  fields: FilterFields<T>,
  tagsOf: (resource: T) => Readonly<Record<string, string>>,
): (resource: T) => boolean {
  const filters = parameters.list('Filter').map((filter) => {
    const name = filter.text('Name') ?? '';
    return { valuesOf: reader(name, fields, tagsOf), wanted: filter.texts('Value') };
  });
  return (resource) =>
    filters.every(({ valuesOf, wanted }) =>
      valuesOf(resource).some((value) => wanted.some((pattern) => globMatches(pattern, value))),
    );
}

function reader<T>(
  name: string,
  fields: FilterFields<T>,
  tagsOf: (resource: T) => Readonly<Record<string, string>>,
): (resource: T) => readonly string[] {
  if (name === 'tag-key') return (resource) => Object.keys(tagsOf(resource));
  if (name.startsWith('tag:')) {
    const key = name.slice('tag:'.length);
    return (resource) => {
      const value = tagsOf(resource)[key];
      return value === undefined ? [] : [value];
    };
  }
  const field = fields[name];
  if (field === undefined) throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`);
  return field;
}
