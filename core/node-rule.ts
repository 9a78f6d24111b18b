import { mayDiscard } from './discard';
import type { NodeAction, NodeView } from './node-view';
import type { ClusterRecord, Initialized, PrimaryPlace } from './record';

/** For logs, events and metrics. Stays with its rule; a new rule takes a number that is free. */
export type NodeRuleId = `N${number}-${string}`;

interface RuleOf<Kind extends NodeAction['kind'], Record> {
  readonly id: NodeRuleId;
  /** The condition in words. */
  readonly when: string;
  /** Absent in the last rule of a table: it always holds. */
  readonly holds?: (view: NodeView, record: Record) => boolean;
  readonly action: Kind;
  /** In words, where `action` does not tell all. */
  readonly does?: string;
  /** It takes a whole directory away: {@link firstOf} turns it into waiting until the record proves that harmless. */
  readonly discards?: true;
  readonly then: (view: NodeView, record: Record) => Extract<NodeAction, { readonly kind: Kind }>;
  /** Why it is there, or why it is safe. */
  readonly why: string;
}

/** One row: what a node does when the condition holds and no row above it does. */
export type NodeRule<Record> = { [Kind in NodeAction['kind']]: RuleOf<Kind, Record> }[NodeAction['kind']];

/** Rules that are tried in order. */
export interface NodeTable<Record> {
  /** When this table is asked. */
  readonly title: string;
  readonly rules: readonly NodeRule<Record>[];
}

/** What was decided, and by which rule. */
export interface NodeDecision {
  readonly rule: NodeRuleId;
  readonly action: NodeAction;
}

/** @returns what the first rule that holds says; undefined when none does. */
export function firstOf<Record extends ClusterRecord | undefined>(
  table: NodeTable<Record>,
  view: NodeView,
  record: Record,
): NodeDecision | undefined {
  const rule = table.rules.find(({ holds }) => holds === undefined || holds(view, record));
  if (rule === undefined) return undefined;
  const action = rule.then(view, record);
  const mustWait = rule.discards === true && !isFree(view, record);
  return { rule: rule.id, action: mustWait ? waitUntilFree(action) : action };
}

function waitUntilFree(action: NodeAction): NodeAction {
  const what = action.kind === 'clone' ? `clone: ${action.why}` : action.kind;
  return hold(`must ${what}, but a guarantee still names this member`);
}

export function hold(reason: string): Extract<NodeAction, { readonly kind: 'hold' }> {
  return { kind: 'hold', reason };
}

/** Whether the record means this incarnation, not only its slot. */
export function isMe(view: NodeView, primary: PrimaryPlace): boolean {
  return view.member !== undefined && view.member === primary.member;
}

/** Nothing acknowledged is only in this directory. */
function isFree(view: NodeView, record: ClusterRecord | undefined): boolean {
  return view.member !== undefined && record !== undefined && mayDiscard(record, view.member);
}

/** It has just handed over, and is not needed by those who go on. */
export function isResting({ postgres, handedOverMs, policy }: NodeView): boolean {
  return postgres.state === 'down' && handedOverMs !== undefined && handedOverMs < policy.handedOverMs;
}

/**
 * A slot whose bootstrap was given to another one has an initialized directory of its own, and a volume may be restored
 * from anywhere: timeline 1 has no other identity than the system's.
 */
export function isForeign(view: NodeView, record: Initialized): boolean {
  return view.postgres.systemId !== undefined && view.postgres.systemId !== record.systemId;
}
