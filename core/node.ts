import { firstOf, isMe, type NodeDecision, type NodeRule, type NodeTable } from './node-rule';
import { ALWAYS, BOOTSTRAP } from './node-rules';
import { CHOSEN, PLEDGING } from './node-rules-election';
import { PRIMARY } from './node-rules-primary';
import { STANDBY } from './node-rules-standby';
import { UNKNOWN, UNREAD } from './node-rules-unread';
import type { NodeAction, NodeView } from './node-view';
import type { ClusterRecord } from './record';

export type { NodeDecision, NodeRuleId } from './node-rule';
export type { NodeAction, NodeView, PostgresView, RegisterView } from './node-view';

/** Every table, for those who print or count the rules. What each is about is in its title. */
export const NODE_TABLES: readonly NodeTable<never>[] = [
  ALWAYS,
  BOOTSTRAP,
  PLEDGING,
  CHOSEN,
  PRIMARY,
  STANDBY,
  UNKNOWN,
  UNREAD,
];

export const NODE_RULES: readonly NodeRule<never>[] = NODE_TABLES.flatMap(({ rules }) => rules);

/** What this node does next. */
export function decideNode(view: NodeView): NodeAction {
  return explainNode(view).action;
}

/**
 * What this node does next, and the rule that says so: the first that holds in the table for what the record says and
 * what this node is in it.
 *
 * Safe because nothing here acts on a record older than the pledge (N1, N81): a node that pledged for term T follows,
 * serves or promotes for no term below T, whatever it reads later.
 */
export function explainNode(view: NodeView): NodeDecision {
  const { register } = view;
  if (register.kind === 'read') return firstOf(ALWAYS, view, register.record) ?? byPhase(view, register.record);
  const { last } = register;
  return last?.phase === 'steady' ? surely(UNREAD, view, last) : surely(UNKNOWN, view, last);
}

function byPhase(view: NodeView, record: ClusterRecord): NodeDecision {
  switch (record.phase) {
    case 'bootstrapping':
      return surely(BOOTSTRAP, view, record);
    case 'electing':
      return surely(PLEDGING, view, record);
    case 'promoting':
      return isMe(view, record.primary) ? surely(CHOSEN, view, record) : surely(PLEDGING, view, record);
    case 'steady':
      return isMe(view, record.primary) ? surely(PRIMARY, view, record) : surely(STANDBY, view, record);
  }
}

/** Of a table whose last rule always holds. */
function surely<Record extends ClusterRecord | undefined>(
  table: NodeTable<Record>,
  view: NodeView,
  record: Record,
): NodeDecision {
  const decision = firstOf(table, view, record);
  if (decision === undefined) throw new Error(`No rule holds in "${table.title}".`);
  return decision;
}
