import type { RequestContext } from './demand';
import { globMatches } from './glob';

/**
 * Condition operators. Source: "IAM JSON policy elements: Condition operators" and "Set operators". Of each operator the
 * positive form is defined; a `Not` in its name negates it, which also makes it true when the key is absent.
 */
type Comparison = (wanted: string, actual: string) => boolean;

const numeric = (compare: (actual: number, wanted: number) => boolean): Comparison => {
  return (wanted, actual) => compare(Number(actual), Number(wanted));
};

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  StringEquals: (wanted, actual) => wanted === actual,
  StringEqualsIgnoreCase: (wanted, actual) => wanted.toLowerCase() === actual.toLowerCase(),
  StringLike: globMatches,
  ArnEquals: globMatches,
  ArnLike: globMatches,
  Bool: (wanted, actual) => wanted.toLowerCase() === actual.toLowerCase(),
  NumericEquals: numeric((actual, wanted) => actual === wanted),
  NumericLessThan: numeric((actual, wanted) => actual < wanted),
  NumericLessThanEquals: numeric((actual, wanted) => actual <= wanted),
  NumericGreaterThan: numeric((actual, wanted) => actual > wanted),
  NumericGreaterThanEquals: numeric((actual, wanted) => actual >= wanted),
};

export interface Condition {
  readonly key: string;
  readonly values: readonly string[];
  readonly quantifier: 'ForAllValues' | 'ForAnyValue' | undefined;
  readonly ifExists: boolean;
  readonly test:
    { readonly kind: 'null' } | { readonly kind: 'compare'; readonly negated: boolean; readonly compare: Comparison };
}

/** Throws for an operator that the lab cannot judge, so that no policy is half understood. */
export function parseOperator(operator: string): Pick<Condition, 'quantifier' | 'ifExists' | 'test'> {
  const match = /^(?:(ForAllValues|ForAnyValue):)?(.+?)(IfExists)?$/.exec(operator);
  const [, quantifier, name = '', ifExists] = match ?? [];
  const shared = {
    quantifier: quantifier as Condition['quantifier'],
    ifExists: ifExists !== undefined,
  };
  if (name === 'Null') return { ...shared, test: { kind: 'null' } };
  const negated = /^(String|Arn|Numeric)Not/.test(name);
  const compare = COMPARISONS[negated ? name.replace('Not', '') : name];
  if (compare === undefined) throw new Error(`the lab does not know the condition operator ${operator}`);
  return { ...shared, test: { kind: 'compare', negated, compare } };
}

export function conditionHolds(condition: Condition, context: RequestContext): boolean {
  const wantedKey = condition.key.toLowerCase();
  const actual = Object.entries(context).find(([key]) => key.toLowerCase() === wantedKey)?.[1];
  const present = actual !== undefined && actual.length > 0;
  const { test } = condition;
  if (test.kind === 'null') return condition.values.some((value) => (value.toLowerCase() === 'true') === !present);
  if (!present) {
    return condition.ifExists || condition.quantifier === 'ForAllValues' || (test.negated && !condition.quantifier);
  }
  const matches = (value: string) => condition.values.some((wanted) => test.compare(wanted, value)) !== test.negated;
  switch (condition.quantifier) {
    case 'ForAllValues':
      return actual.every(matches);
    case 'ForAnyValue':
      return actual.some(matches);
    case undefined:
      // A key with several values needs a set operator; without one AWS promises nothing, so the lab denies.
      return actual.length === 1 && actual.every(matches);
  }
}
