import { createHash } from 'node:crypto';
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** A DNS label has 63 characters at most; what is left is for suffixes. */
const MAX_LENGTH = 40;

/**
 * The name that tags, logs and the default zone carry: stack name and construct path, as one DNS label. It is the same
 * at every synth, and differs between clusters of one account as their stacks' names do.
 */
export function clusterNameOf(cluster: Construct): string {
  let stack = Stack.of(cluster);
  while (stack.nestedStackParent) {
    stack = stack.nestedStackParent;
  }
  const inStack = cluster.node.scopes.slice(stack.node.scopes.length).map((scope) => scope.node.id);
  const label = [stack.stackName, ...inStack.filter((id) => id !== 'Default' && id !== 'Resource')]
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  if (label.length <= MAX_LENGTH) {
    return label;
  }
  const digest = createHash('sha256').update(cluster.node.path).digest('hex').slice(0, 8);
  return `${label.slice(0, MAX_LENGTH - 9).replace(/-+$/, '')}-${digest}`;
}
