import { conditionHolds } from './condition';
import type { Demand, RequestContext } from './demand';
import { globMatches } from './glob';
import type { Statement } from './policy';

export type Decision =
  { readonly kind: 'allowed'; readonly by: string } | { readonly kind: 'denied'; readonly reason: string };

/** `${aws:PrincipalTag/x}` in a resource or condition value; a variable without a value matches nothing. */
function substitute(pattern: string, context: RequestContext): string | undefined {
  let unresolved = false;
  const text = pattern.replace(/\$\{([^}]+)\}/g, (_, key: string) => {
    if (key === '*' || key === '?' || key === '$') return key;
    const values = Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
    if (values?.length === 1) return values[0] ?? '';
    unresolved = true;
    return '';
  });
  return unresolved ? undefined : text;
}

function applies(statement: Statement, demand: Demand): boolean {
  const action = demand.action.toLowerCase();
  if (statement.actions.some((pattern) => globMatches(pattern, action)) === statement.actionsInverted) return false;
  const named = statement.resources.some((pattern) => {
    const resolved = substitute(pattern, demand.context);
    return resolved !== undefined && globMatches(resolved, demand.resource);
  });
  if (named === statement.resourcesInverted) return false;
  return statement.conditions.every((condition) => {
    const values = condition.values.flatMap((value) => substitute(value, demand.context) ?? []);
    return conditionHolds({ ...condition, values }, demand.context);
  });
}

/** IAM's rule within one account: an explicit deny wins, then any allow, else no. */
export function evaluate(statements: readonly Statement[], demand: Demand): Decision {
  const fitting = statements.filter((statement) => applies(statement, demand));
  const deny = fitting.find((statement) => statement.effect === 'Deny');
  if (deny !== undefined) return { kind: 'denied', reason: `with an explicit deny in ${deny.origin}` };
  const allow = fitting[0];
  if (allow !== undefined) return { kind: 'allowed', by: allow.origin };
  return { kind: 'denied', reason: `because no identity-based policy allows the ${demand.action} action` };
}
